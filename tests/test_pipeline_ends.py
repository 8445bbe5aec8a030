from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from toys import Crash, Watcher, movielens_like, small_recipe

from gnnrec import GnnrecError, Recipe, TrainingError, load_recipe, pipeline, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Recipe]:
    """The recipe over the checkerboard, with overrides."""
    folder = movielens_like(tmp_path / "data")
    return lambda **overrides: small_recipe(folder, **overrides)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"dataset__path": "nowhere"}, "MovieLens (latest-small, 100k) cannot be had."),
        ({"split__val": 0.9, "split__test": 0.099}, "random_link leaves message empty: 96 interactions give 1 train, "),
        (
            {"split__name": "leave_last"},
            "all interactions are of one time, 2001-09-09T01:46:40, so leave_last would be",
        ),
        ({"encoder__id_embeddings": False}, "hetero_sage: user nodes have neither features nor id embeddings;"),
        ({"trainer__learning_rate": 1e25}, "the validation loss is "),
    ],
)
def test_a_run_that_fails_before_its_first_epoch_leaves_nothing_behind(
    small: Callable[..., Recipe], tmp_path: Path, overrides: dict[str, Any], message: str
) -> None:
    watcher = Watcher()
    with pytest.raises(GnnrecError) as error:
        run(small(**overrides), out=tmp_path / "runs", observers=[watcher])
    assert str(error.value).startswith(message)
    assert not (tmp_path / "runs").exists()
    assert [end.status for end in watcher.ended] == ["failed"] * len(watcher.started)


@pytest.mark.parametrize(
    ("raises", "status"), [(KeyboardInterrupt(), "interrupted"), (Crash(), "failed")], ids=["Ctrl-C", "crash"]
)
def test_a_run_that_is_stopped_keeps_what_was_done_as_partial_and_says_where(
    small: Callable[..., Recipe],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    raises: BaseException,
    status: str,
) -> None:
    watcher = Watcher(raises, at=2)
    with caplog.at_level(logging.WARNING, "gnnrec"), pytest.raises(type(raises)):
        run(small(), out=tmp_path / "runs", observers=[watcher])
    (left,) = (tmp_path / "runs" / "movielens_sage").iterdir()
    assert left.name.endswith("-s0.partial")
    assert caplog.messages == [f"what was done so far is kept; go on with: gnnrec resume {left}"]
    assert [json.loads(line)["epoch"] for line in (left / "history.jsonl").read_text().splitlines()] == [1, 2]
    assert load_recipe(left / "recipe.yaml").to_dict()["trainer"]["epochs"] == 3
    assert not (left / "metrics.json").exists()
    assert [(end.status, end.directory, end.metrics) for end in watcher.ended] == [(status, left, None)]


def test_a_failure_after_some_epochs_keeps_them_too(
    small: Callable[..., Recipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise TrainingError("the disk is full")

    monkeypatch.setattr(pipeline, "save_fitted", full)
    with pytest.raises(TrainingError, match="the disk is full"):
        run(small(), out=tmp_path / "runs")
    (left,) = (tmp_path / "runs" / "movielens_sage").iterdir()
    assert left.name.endswith(".partial")


def test_observers_hear_of_a_run_from_start_to_end(small: Callable[..., Recipe], tmp_path: Path) -> None:
    watcher = Watcher()
    made = run(small(), out=tmp_path, observers=[watcher])
    (start,) = watcher.started
    assert (start.recipe, start.epochs) == (made.recipe, 3)
    assert start.directory.name == made.directory.name + ".partial"
    assert watcher.epochs == [1, 2, 3]
    assert [(end.status, end.directory, end.metrics) for end in watcher.ended] == [
        ("done", made.directory, made.metrics)
    ]


def test_no_run_is_ever_overwritten(small: Callable[..., Recipe], tmp_path: Path) -> None:
    made = [run(small(trainer__epochs=1), out=tmp_path) for _ in range(3)]
    assert len({each.directory for each in made}) == 3
    assert all(each.metrics["best_epoch"] == 1 for each in made)
