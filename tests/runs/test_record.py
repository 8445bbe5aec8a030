from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from written_runs import RECIPE, write_run

from gnnrec import RunDirectoryError, load_run
from gnnrec.runs.directory import require_finished_run
from gnnrec.runs.record import read_finished_run, read_run

if TYPE_CHECKING:
    from pathlib import Path


def test_a_finished_run_tells_what_it_was_and_what_it_measured(tmp_path: Path) -> None:
    path = write_run(tmp_path, "20260102-030405-s3", per_user={"ndcg@10": [0.25, 0.75]}, test={"auc": 0.9})
    run = read_finished_run(path)
    assert run.finished
    assert (run.name, run.seed, run.epochs) == ("sage", 3, 3)
    assert run.time == datetime(2026, 1, 2, 3, 4, 5).astimezone()
    assert run.test == {"ndcg@10": 0.5, "auc": 0.9}
    assert run.recipe == RECIPE | {"seed": 3}
    assert run.per_user.to_dict("list") == {"ndcg@10": [0.25, 0.75], "user": [1, 2]}


def test_a_run_under_another_name_has_no_time(tmp_path: Path) -> None:
    path = write_run(tmp_path).rename(tmp_path / "kept")
    assert read_finished_run(path).time is None


def test_a_run_that_did_not_finish_can_be_read_but_is_no_finished_one(tmp_path: Path) -> None:
    path = write_run(tmp_path, "20260102-030405-s0.partial")
    run = read_run(path)
    assert (run.finished, run.epochs, run.test) == (False, 3, {})
    with pytest.raises(RunDirectoryError) as error:
        read_finished_run(path)
    assert str(error.value) == f"{path} is a run that did not finish"


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("metrics.json", None, "{run} is no run directory: metrics.json or model.json is missing"),
        ("metrics.json", "[]", "{run}/metrics.json cannot be read: it holds no JSON object"),
        ("metrics.json", "{}", "{run}/metrics.json holds no test metrics"),
        ("environment.json", "{", "{run}/environment.json cannot be read: Expecting property name"),
        ("recipe.yaml", None, "{run}/recipe.yaml cannot be read: [Errno 2]"),
        ("recipe.yaml", "a: [", "{run}/recipe.yaml:1:5  this is not valid YAML: "),
        (
            "recipe.yaml",
            "name: sage",
            "{run}/recipe.yaml is no resolved recipe: name, seed, dataset or split is missing",
        ),
    ],
)
def test_what_is_damaged_is_told_by_name(tmp_path: Path, file: str, content: str | None, message: str) -> None:
    path = write_run(tmp_path)
    (path / file).unlink()
    if content is not None:
        (path / file).write_text(content)
    with pytest.raises(RunDirectoryError) as error:
        read_finished_run(path)
    assert str(error.value).startswith(message.format(run=path))


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('{"format": 3}', "{run} has format 3; this gnnrec reads formats 1 to 2: upgrade gnnrec"),
        (
            '{"format": 0}',
            (
                "{run} has format 0; this gnnrec reads formats 1 to 2: "
                "use the gnnrec that wrote it, or run its recipe again"
            ),
        ),
        ("{}", "{run}/model.json names no format, so it is damaged or not gnnrec's"),
        ('{"format": "2"}', "{run}/model.json names no format, so it is damaged or not gnnrec's"),
        ('{"format": true}', "{run}/model.json names no format, so it is damaged or not gnnrec's"),
        ("[1]", "{run}/model.json cannot be read: it holds no JSON object"),
    ],
)
def test_another_format_is_refused_with_a_way_out_that_is_true(tmp_path: Path, written: str, message: str) -> None:
    path = write_run(tmp_path)
    (path / "model.json").write_text(written)
    for read in (read_run, read_finished_run, require_finished_run, load_run):
        with pytest.raises(RunDirectoryError) as error:
            read(path)
        assert str(error.value) == message.format(run=path)


def test_no_directory_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError) as error:
        read_run(tmp_path / "nowhere")
    assert str(error.value) == f"there is no run in {tmp_path / 'nowhere'}"


def test_values_per_user_that_are_missing_are_told_when_they_are_asked_for(tmp_path: Path) -> None:
    path = write_run(tmp_path)
    (path / "per_user.parquet").unlink()
    run = read_finished_run(path)
    with pytest.raises(RunDirectoryError) as error:
        _ = run.per_user
    assert str(error.value).startswith(f"{path / 'per_user.parquet'} cannot be read: ")
