from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gnnrec_datasets.converted import Converted
from gnnrec_datasets.table import Table

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def log_file(write: Callable[[str, str], Path]) -> Path:
    return write("log.csv", "user,item,stars\nann,tea,4\nann,jam,2.5\nbob,tea,5\n")


ARGUMENTS = ("data", "convert", "table", "-s", "path=log.csv", "-s", "rating=stars", "--out")


def test_it_says_what_it_wrote_and_how_a_recipe_reads_it(gnnrec: Command, log_file: Path, tmp_path: Path) -> None:
    done = gnnrec(*ARGUMENTS, "new/made")
    assert (done.returncode, done.stderr) == (0, "")
    sizes = [
        (tmp_path / "new" / "made" / f"{name}.parquet").stat().st_size for name in ("interactions", "users", "items")
    ]
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["file", "rows", "bytes"],
        ["interactions.parquet", "3", f"{sizes[0]:,}"],
        ["users.parquet", "2", f"{sizes[1]:,}"],
        ["items.parquet", "2", f"{sizes[2]:,}"],
        ["all", f"{sum(sizes):,}"],
        [],
        ["new/made", "holds", "log.csv.", "A", "recipe", "reads", "it", "with:"],
        ["dataset:", "{name:", "converted,", "path:", "new/made}"],
    ]
    data = Converted(path=str(tmp_path / "new" / "made")).load()
    assert data.fingerprint == Table(path=str(log_file), rating="stars").load().fingerprint


def test_json_says_the_same_for_programs(gnnrec: Command, log_file: Path, tmp_path: Path) -> None:
    assert log_file.exists()
    done = gnnrec(*ARGUMENTS, "a, b", "--json")
    said = json.loads(done.stdout)
    assert said["dataset"] == {"name": "converted", "path": "a, b"}
    assert (said["source"], said["terms"]) == ("log.csv", "The file is your own, and so are its terms.")
    assert said["files"]["interactions.parquet"] == {
        "rows": 3,
        "bytes": (tmp_path / "a, b" / "interactions.parquet").stat().st_size,
    }
    assert gnnrec("data", "fetch", "converted", "-s", "path='a, b'").stdout == (
        "a, b, converted from log.csv\n\nThe file is your own, and so are its terms.\n"
    )
    shown = gnnrec(*ARGUMENTS, "a, b", "--force").stdout
    assert shown.endswith('dataset: {name: converted, path: "a, b"}\n')


def test_what_is_there_is_told_before_any_work(gnnrec: Command, log_file: Path, tmp_path: Path) -> None:
    assert gnnrec(*ARGUMENTS, "made").returncode == 0
    log_file.unlink()
    done = gnnrec(*ARGUMENTS, "made")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "made exists; --force replaces it\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    done = gnnrec(*ARGUMENTS, "mine", "--force")
    assert done.returncode == 2
    assert done.stderr == (
        "mine exists and is none that `gnnrec data convert` wrote, and nothing of it is touched; choose another place "
        "with --out\n"
    )
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
    done = gnnrec(*ARGUMENTS, "made", "--force")
    assert done.returncode == 1
    assert done.stderr.startswith("there is no file log.csv, which dataset.path names: it was looked for in ")
    assert len(Converted(path=str(tmp_path / "made")).load()) == 3


def test_help_teaches_with_an_example(gnnrec: Command) -> None:
    for arguments in (("data", "--help"), ("data", "convert", "--help")):
        shown = " ".join(gnnrec(*arguments).stdout.split())
        assert "Example: gnnrec data convert table -s path=ratings.csv " in shown
    assert "A recipe then says: dataset: {name: converted, path: ratings}" in shown
    assert gnnrec("data", "convert", "table").stderr.count("Missing option '--out'") == 1
