from __future__ import annotations

import json
import shutil
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import torch
from toys import movielens_like, small_recipe

from gnnrec import Run, RunDirectoryError, UsageError, load_run, pipeline, run
from gnnrec.testing import checkerboard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gnnrec import Split
    from gnnrec.modelling.fitting import Fitted

SAME_PARITY = torch.tensor([[(user + item) % 2 == 0 for item in range(16)] for user in range(12)])


class Trained(NamedTuple):
    """A finished run over the checkerboard, with what the pipeline had in memory at its end."""

    run: Run
    fitted: Fitted
    split: Split


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    folder = tmp_path_factory.mktemp("checkerboard")
    held: list[Any] = []
    save = pipeline.save_fitted

    def spy(directory: Any, fitted: Fitted, split: Split, *rest: Any) -> None:
        held.extend((fitted, split))
        save(directory, fitted, split, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "save_fitted", spy)
        changes = {"split__disjoint_train": 0, "trainer__epochs": 150, "trainer__learning_rate": 0.02}
        recipe = small_recipe(movielens_like(folder / "data"), **changes)
        yield Trained(run(recipe, out=folder / "runs"), *held)


@pytest.fixture
def copied(trained: Trained, tmp_path: Path) -> Path:
    """The run in a place where it may be damaged."""
    return shutil.copytree(trained.run.directory, tmp_path / "run")


def test_scores_are_those_of_the_trained_model_over_training_and_validation_edges(trained: Trained) -> None:
    users = [3, 12, 1, 3]
    scores = load_run(trained.run.directory).score(users)
    assert scores.shape == (4, 16)
    assert scores.dtype == torch.float32
    assert torch.equal(scores, trained.fitted.scoring("test").score(torch.tensor([2, 11, 0, 2])))


def test_what_was_learned_is_what_the_checkerboard_says(trained: Trained) -> None:
    scores = trained.run.score(range(1, 13))
    assert ((scores > 0) == SAME_PARITY).float().mean() > 0.9
    assert trained.run.metrics["test"]["auc"] > 0.95


def test_the_split_and_the_tables_come_back_as_they_were(trained: Trained) -> None:
    again = load_run(trained.run.directory)
    for name in ("part", "message", "supervision"):
        assert np.array_equal(getattr(again.split, name), getattr(trained.split, name))
    assert np.array_equal(again.split.interactions.edges.keys, trained.split.interactions.edges.keys)
    assert again.users["user"].tolist() == list(range(1, 13))
    assert again.items["title"].tolist() == [f"Movie {item}" for item in range(101, 117)]
    assert again.items["genres"].map(list).tolist() == checkerboard().items["genres"].tolist()
    environment = again.read_json("environment.json")
    assert again.split.interactions.fingerprint == environment["dataset"]["fingerprint"]
    assert again.recipe == trained.run.recipe
    assert len(again.history) == 150


def test_recommendations_leave_out_what_is_known_and_come_best_first(trained: Trained) -> None:
    table = trained.run.recommend([5, 2], 3)
    assert table.columns.tolist() == ["user", "rank", "item", "title", "score"]
    assert table["user"].tolist() == [5, 5, 5, 2, 2, 2]
    assert table["rank"].tolist() == [1, 2, 3] * 2
    assert (table["title"] == "Movie " + table["item"].astype(str)).all()
    # A user knows every item of the same parity, held-out ones included; node ids are one less, and 101 less.
    assert ((table["user"] - 1 + table["item"] - 101) % 2 == 1).all()
    scores = trained.run.score([5, 2]).masked_fill(SAME_PARITY[[4, 1]], -torch.inf)
    assert table["score"].tolist() == torch.topk(scores, 3)[0].flatten().tolist()


def test_known_items_are_recommended_where_that_is_wanted(trained: Trained) -> None:
    table = trained.run.recommend([5], 8, include_seen=True)
    assert set(table["item"]) == {101 + item for item in range(0, 16, 2)}


def test_a_k_beyond_the_catalogue_gives_what_there_is(trained: Trained) -> None:
    assert trained.run.recommend([5], 1000)["rank"].tolist() == list(range(1, 9))
    assert len(trained.run.recommend([5, 6], 1000, include_seen=True)) == 32
    assert len(trained.run.recommend([], 3)) == 0


def test_of_equal_scores_the_lower_item_index_wins(trained: Trained) -> None:
    class Level(Run):
        scoring: Any = SimpleNamespace(score=lambda users: torch.zeros(len(users), 16))

    table = Level(trained.run.directory).recommend([1], 16, include_seen=True)
    assert table["item"].tolist() == list(range(101, 117))


def test_without_titles_there_is_no_such_column(copied: Path) -> None:
    pd.read_parquet(copied / "items.parquet").drop(columns="title").to_parquet(copied / "items.parquet")
    assert load_run(copied).recommend([1], 1).columns.tolist() == ["user", "rank", "item", "score"]


@pytest.mark.parametrize(
    ("users", "message"),
    [
        ([1, 100], "no user has the id 100; the nearest ids: 1, 10"),
        (["nobody"], "no user has the id nobody"),
    ],
)
def test_an_unknown_user_is_told_with_the_nearest(trained: Trained, users: list[Any], message: str) -> None:
    for ask in (trained.run.score, trained.run.recommend):
        with pytest.raises(UsageError) as error:
            ask(users)
        assert str(error.value) == message


@pytest.mark.parametrize("k", [0, -1])
def test_a_k_below_one_is_refused(trained: Trained, k: int) -> None:
    with pytest.raises(UsageError) as error:
        trained.run.recommend([1], k)
    assert str(error.value) == f"k is at least 1; got {k}"


def test_loading_a_run_leaves_the_global_random_state_alone(trained: Trained) -> None:
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    load_run(trained.run.directory).score([1])
    assert torch.equal(torch.rand(2), expected)


def test_what_is_no_finished_run_is_told(copied: Path, tmp_path: Path) -> None:
    partial = copied.rename(tmp_path / "20260102-030405-s0.partial")
    empty = tmp_path / "empty"
    empty.mkdir()
    for path, message in (
        (tmp_path / "nowhere", f"there is no run in {tmp_path / 'nowhere'}"),
        (partial, f"{partial} is a run that did not finish"),
        (empty, f"{empty} is no run directory: metrics.json or model.json is missing"),
    ):
        with pytest.raises(RunDirectoryError) as error:
            load_run(path)
        assert str(error.value) == message


def test_a_newer_format_is_refused(copied: Path) -> None:
    description = json.loads((copied / "model.json").read_text())
    assert description["format"] == 2
    (copied / "model.json").write_text(json.dumps(description | {"format": 3}))
    with pytest.raises(RunDirectoryError) as error:
        load_run(copied)
    assert str(error.value) == f"{copied} has format 3; this gnnrec reads formats 1 to 2: upgrade gnnrec"


def test_damaged_files_are_told_by_name(copied: Path) -> None:
    weights = (copied / "model.safetensors").read_bytes()
    for content in (weights[: len(weights) // 2], b"", b"\xff" * 100):
        (copied / "model.safetensors").write_bytes(content)
        with pytest.raises(RunDirectoryError) as error:
            load_run(copied).score([1])
        assert str(error.value).startswith(f"the weights in {copied} do not load: ")
    for name, content in (("items.parquet", b"PAR1 no more"), ("split.parquet", None)):
        good = (copied / name).read_bytes()
        (copied / name).unlink() if content is None else (copied / name).write_bytes(content)
        with pytest.raises(RunDirectoryError) as error:
            load_run(copied).recommend([1])
        assert str(error.value).startswith(f"{copied / name} cannot be read: ")
        (copied / name).write_bytes(good)
    (copied / "model.json").write_text("{")
    with pytest.raises(RunDirectoryError) as error:
        load_run(copied)
    assert str(error.value).startswith(f"{copied / 'model.json'} cannot be read: ")


def test_weights_of_another_shape_are_refused(copied: Path) -> None:
    text = (copied / "recipe.yaml").read_text()
    (copied / "recipe.yaml").write_text(text.replace("channels: 8", "channels: 4"))
    with pytest.raises(RunDirectoryError) as error:
        load_run(copied).score([1])
    assert str(error.value).startswith(f"the weights in {copied} do not load: ")
    assert "size mismatch" in str(error.value)
