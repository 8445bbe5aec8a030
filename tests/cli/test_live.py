from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from gnnrec.serving.changes import Catalogue, Interaction
from gnnrec.serving.store import Store

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]

URL = "sqlite:///live.sqlite"


@pytest.fixture(autouse=True)
def kept(tmp_path: Path) -> None:
    """A store of two interactions, and of a user who is gone."""
    store = Store.open(f"sqlite:///{tmp_path}/live.sqlite", Catalogue.of([1, 2], ["a", "b"]))
    store.add_interactions([Interaction(1, "a", 1_700_000_000), Interaction(2, "b", 1_700_000_060)])
    store.add_interactions([Interaction(4242, "b", 5)])
    store.delete_user(4242)
    store.close()


def test_a_store_is_exported_to_a_new_file(gnnrec: Command, tmp_path: Path) -> None:
    done = gnnrec("live", "export", URL, "--out", "clicks.csv")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "2 interactions written to clicks.csv\n")
    written = '"user","item","timestamp"\n1,"a",1700000000\n2,"b",1700000060\n'
    assert (tmp_path / "clicks.csv").read_text() == written
    again = gnnrec("live", "export", URL, "--out", "clicks.csv")
    assert (again.returncode, again.stderr) == (2, "clicks.csv exists; --force overwrites it\n")
    assert gnnrec("live", "export", URL, "--out", "clicks.csv", "--force").returncode == 0
    other = gnnrec("live", "export", URL, "--out", "clicks.json")
    assert other.stderr == "the ending of --out says what is written: .csv, .parquet; got clicks.json\n"


def test_what_is_in_a_store_is_told_to_people_and_programs(gnnrec: Command) -> None:
    told = json.loads(gnnrec("live", "stats", URL, "--json").stdout)
    assert (told["last"], told["users"], told["lines"]) == (4, 2, {"delete_user": 1, "interaction": 2})
    lines = [" ".join(line.split()) for line in gnnrec("live", "stats", URL).stdout.splitlines()]
    assert lines[0] == "live.sqlite"
    assert "changes 4, the last refresh up to 0" in lines
    assert "last interaction 2023-11-14 22:14:20 UTC" in lines


def test_a_compact_store_is_smaller_and_has_forgotten(gnnrec: Command, tmp_path: Path) -> None:
    assert b"4242" in (tmp_path / "live.sqlite").read_bytes()
    done = gnnrec("live", "compact", URL)
    assert done.returncode == 0
    assert done.stdout.endswith(" now\n")
    assert b"4242" not in (tmp_path / "live.sqlite").read_bytes()
    assert json.loads(gnnrec("live", "stats", URL, "--json").stdout)["last"] == 4


@pytest.mark.parametrize(
    ("url", "message", "status"),
    [
        ("sqlite:///other.sqlite", "there is no store in other.sqlite; gnnrec serve makes one", 1),
        (
            "live.sqlite",
            "a store is named by a URL, sqlite:///live.sqlite or postgresql://user@host/database; got 'live.sqlite'",
            2,
        ),
    ],
)
def test_what_is_no_store_is_said(gnnrec: Command, tmp_path: Path, url: str, message: str, status: int) -> None:
    done = gnnrec("live", "stats", url)
    assert (done.returncode, done.stderr) == (status, message + "\n")
    assert not (tmp_path / "other.sqlite").exists()


def test_without_what_speaks_to_databases_the_command_says_how_to_get_it(gnnrec: Command, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sqlalchemy.py").write_text("raise ImportError('not here')")
    done = gnnrec("live", "stats", URL, PYTHONPATH=os.pathsep.join([str(hidden), os.environ.get("PYTHONPATH", "")]))
    assert (done.returncode, done.stderr) == (
        2,
        "a store takes SQLAlchemy, which is not installed: pip install 'gnnrec[serve]'\n",
    )
