from __future__ import annotations

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from gnnrec import RunDirectoryError
from gnnrec.runs import directory as run_directory
from gnnrec.runs.directory import RunDirectory

if TYPE_CHECKING:
    from pathlib import Path

STAMP = "20260102-030405"


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every directory is made in the same second."""

    class Clock:
        @staticmethod
        def now() -> Any:
            class Second:
                def astimezone(self) -> datetime:
                    return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

            return Second()

    monkeypatch.setattr(run_directory, "datetime", Clock)


def test_a_run_is_partial_until_it_is_finished(tmp_path: Path) -> None:
    directory = RunDirectory.new(tmp_path / "runs", "toy", 3)
    partial = directory.path
    assert partial.parent == tmp_path / "runs" / "toy"
    assert re.fullmatch(r"\d{8}-\d{6}-s3\.partial", partial.name)
    directory.write_text("recipe.yaml", "name: toy\n")
    final = directory.finish()
    assert final == directory.path == partial.with_name(partial.name.removesuffix(".partial"))
    assert [path.name for path in (tmp_path / "runs" / "toy").iterdir()] == [final.name]
    assert (final / "recipe.yaml").read_text() == "name: toy\n"


@pytest.mark.usefixtures("stopped_clock")
def test_runs_of_the_same_second_get_numbers(tmp_path: Path) -> None:
    first, second = RunDirectory.new(tmp_path, "toy", 0), RunDirectory.new(tmp_path, "toy", 0)
    assert [first.path.name, second.path.name] == [f"{STAMP}-s0.partial", f"{STAMP}-s0-2.partial"]
    first.finish()
    third = RunDirectory.new(tmp_path, "toy", 0)
    assert third.path.name == f"{STAMP}-s0-3.partial"
    second.finish()
    third.discard()
    assert RunDirectory.new(tmp_path, "toy", 0).path.name == f"{STAMP}-s0-3.partial"
    assert RunDirectory.new(tmp_path, "toy", 1).path.name == f"{STAMP}-s1.partial"
    assert sorted(path.name for path in (tmp_path / "toy").iterdir()) == [
        f"{STAMP}-s0",
        f"{STAMP}-s0-2",
        f"{STAMP}-s0-3.partial",
        f"{STAMP}-s1.partial",
    ]


@pytest.mark.usefixtures("stopped_clock")
def test_runs_that_start_at_once_get_directories_of_their_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: RunDirectory.new(tmp_path, "toy", 0).path, range(32)))
    assert len(set(made)) == 32
    assert set((tmp_path / "toy").iterdir()) == set(made)


def test_a_root_that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path) -> None:
    root = tmp_path / "file"
    root.write_text("")
    with pytest.raises(RunDirectoryError) as error:
        RunDirectory.new(root, "toy", 0)
    assert str(error.value) == (
        f"cannot write runs below {root}: Not a directory ({root / 'toy'}); choose another with --out"
    )


@pytest.mark.usefixtures("stopped_clock")
def test_a_run_is_never_put_in_the_place_of_another(tmp_path: Path) -> None:
    directory = RunDirectory.new(tmp_path, "toy", 0)
    taken = tmp_path / "toy" / f"{STAMP}-s0"
    taken.mkdir()
    (taken / "metrics.json").write_text("{}")
    with pytest.raises(RunDirectoryError) as error:
        directory.finish()
    assert str(error.value) == f"cannot rename {directory.path} to {taken}: Directory not empty"
    assert (taken / "metrics.json").read_text() == "{}"
    assert directory.path.exists()


def test_discarding_leaves_nothing(tmp_path: Path) -> None:
    directory = RunDirectory.new(tmp_path / "a" / "runs", "toy", 0)
    directory.write_text("recipe.yaml", "")
    directory.discard()
    assert list(tmp_path.iterdir()) == []


def test_discarding_leaves_what_others_made(tmp_path: Path) -> None:
    mine, theirs = RunDirectory.new(tmp_path / "runs", "toy", 0), RunDirectory.new(tmp_path / "runs", "toy", 1)
    mine.discard()
    assert list((tmp_path / "runs" / "toy").iterdir()) == [theirs.path]
    (tmp_path / "mine").mkdir()
    RunDirectory.new(tmp_path / "mine", "toy", 0).discard()
    assert list((tmp_path / "mine").iterdir()) == []


def test_history_grows_by_a_line_for_each_record(tmp_path: Path) -> None:
    directory = RunDirectory.new(tmp_path, "toy", 0)
    assert not directory.is_worth_keeping
    directory.append_line("history.jsonl", {"epoch": 1, "train_loss": 0.5})
    directory.append_line("history.jsonl", {"epoch": 2, "train_loss": 0.25})
    assert directory.is_worth_keeping
    lines = (directory.path / "history.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [{"epoch": 1, "train_loss": 0.5}, {"epoch": 2, "train_loss": 0.25}]


def test_a_file_is_written_whole_and_leaves_no_draft(tmp_path: Path) -> None:
    directory = RunDirectory.new(tmp_path, "toy", 0)
    directory.write_json("metrics.json", {"best": "é"})
    directory.write_json("metrics.json", {"best": 1})
    assert (directory.path / "metrics.json").read_text() == '{\n  "best": 1\n}\n'
    assert sorted(path.name for path in directory.path.iterdir()) == [".lock", "metrics.json"]


def test_a_directory_that_vanished_is_told(tmp_path: Path) -> None:
    directory = RunDirectory.new(tmp_path, "toy", 0)
    shutil.rmtree(directory.path)
    with pytest.raises(RunDirectoryError) as error:
        directory.write_text("recipe.yaml", "")
    assert str(error.value) == f"cannot write {directory.path / 'recipe.yaml'}: No such file or directory"
    with pytest.raises(RunDirectoryError) as error:
        directory.append_line("history.jsonl", {})
    assert str(error.value) == f"cannot write the history in {directory.path}: No such file or directory"
