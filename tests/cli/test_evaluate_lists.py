"""`gnnrec evaluate --lists` and `--write-lists`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from toys import movielens_like

from gnnrec.testing import toy_interactions

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.slow
def test_lists_are_written_and_judged(gnnrec: Command, tmp_path: Path) -> None:
    movielens_like(tmp_path / "data", toy_interactions())
    done = json.loads(gnnrec("run", "baselines/item_knn", "-s", "dataset.path=data", "--json").stdout)
    run = done["run_dir"]
    for name in ("lists.csv", "lists.parquet"):
        assert gnnrec("evaluate", run, "--write-lists", name).returncode == 0
        told = gnnrec("evaluate", run, "--lists", name, "--json")
        judged = json.loads(told.stdout)
        assert judged == {metric: done["metrics"]["test"][metric] for metric in judged}
        assert len(judged) == 20
        # The catalogue is small, so users have fewer than twenty items left.
        assert [line for line in told.stderr.splitlines() if not re.search("fewer than|there are 1. items", line)] == []
    again = gnnrec("evaluate", run, "--write-lists", "lists.csv")
    assert (again.returncode, again.stderr) == (2, "lists.csv exists; --force overwrites it\n")
    strange = gnnrec("evaluate", run, "--write-lists", "lists.txt")
    assert (strange.returncode, strange.stderr) == (
        2,
        "the ending of --write-lists says what is written: .csv, .parquet; got lists.txt\n",
    )
    nowhere = gnnrec("evaluate", run, "--lists", "nowhere.csv")
    assert nowhere.returncode == 1
    assert nowhere.stderr.startswith("there is no file nowhere.csv: it was looked for in the working folder ")
