"""`gnnrec refit`, and a run with `refit: true`, as they are typed and as they answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from toys import movielens_like

from gnnrec.testing import toy_interactions

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_dir(gnnrec: Command, tmp_path: Path) -> str:
    movielens_like(tmp_path / "data", toy_interactions())
    done = gnnrec("run", "baselines/item_knn", "-s", "dataset.path=data", "--json")
    return str(json.loads(done.stdout)["run_dir"])


def test_a_run_is_refitted_on_all_and_its_figures_are_the_parents(
    gnnrec: Command, run_dir: str, tmp_path: Path
) -> None:
    done = gnnrec("refit", run_dir)
    assert done.returncode == 0
    assert "fitting anew on all" in done.stderr
    lines = done.stdout.splitlines()
    assert lines[1].split() == ["parent's", "val", "parent's", "test"]
    assert "fitted anew on all" in [line.strip() for line in lines[-4:]]
    made = lines[-1].removeprefix("run directory ")
    told = json.loads(gnnrec("refit", run_dir, "--on", "train+val", "--json").stdout)
    assert (told["metrics"]["refit"], told["metrics"]["val"]) == ({"on": "train+val", "epochs": None}, {})
    assert told["metrics"]["test"]["ndcg@10"] > 0
    listed = gnnrec("recommend", made, "--user", "1", "-k", "2", "--format", "csv")
    assert len(listed.stdout.splitlines()) == 3
    judged = gnnrec("evaluate", made)
    assert judged.returncode == 2
    assert judged.stderr.endswith(f"its figures are those of its parent, {tmp_path / run_dir}\n")


def test_what_cannot_be_is_told(gnnrec: Command, run_dir: str) -> None:
    warm = gnnrec("refit", run_dir, "--warm")
    assert (warm.returncode, warm.stderr) == (
        2,
        f"{run_dir} is a scorer's run, which is fitted at once; leave --warm out\n",
    )
    nowhere = gnnrec("refit", "nowhere")
    assert (nowhere.returncode, nowhere.stderr) == (1, "there is no run in nowhere\n")
    strange = gnnrec("refit", run_dir, "--on", "test")
    assert strange.returncode == 2
    assert "'train+val', 'all'" in strange.stderr


def test_it_is_listed_and_explained(gnnrec: Command) -> None:
    assert "refit" in gnnrec("--help").stdout
    text = gnnrec("refit", "--help").stdout
    assert "Fit a finished run's recommender anew on more data" in text
    assert "--on" in text
    assert "--warm" in text
