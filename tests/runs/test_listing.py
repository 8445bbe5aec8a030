from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from written_runs import RECIPE, write_run

from gnnrec import RecipeError, UsageError
from gnnrec.runs.listing import list_runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]

LIGHTGCN = {"name": "light", "encoder": {"name": "lightgcn", "channels": 32}}
SCORER = {key: value for key, value in RECIPE.items() if key not in {"encoder", "loss"}}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Four runs of two recipes, one of them unfinished."""
    folder = tmp_path / "runs"
    write_run(folder, "20260101-000000-s0", test={"ndcg@10": 0.1, "loss": 0.5, "recall@10": 0.2, "auc": 0.75})
    write_run(folder, "20260103-000000-s1", test={"ndcg@10": 0.3, "loss": 0.7})
    write_run(folder, "20260104-000000-s2.partial")
    write_run(folder, "20260102-000000-s0", recipe=LIGHTGCN, test={"ndcg@10": 0.2})
    return folder


def names(root: Path, **asked: Any) -> list[str]:
    return [run.directory.name[6:8] for run in list_runs(root, **asked)]


def refused(root: Path, **asked: Any) -> str:
    with pytest.raises(UsageError) as error:
        list_runs(root, **asked)
    return str(error.value)


def test_runs_of_all_recipes_come_newest_first(root: Path) -> None:
    runs = list_runs(root)
    assert [(run.name, run.directory.name, run.finished) for run in runs] == [
        ("sage", "20260104-000000-s2.partial", False),
        ("sage", "20260103-000000-s1", True),
        ("light", "20260102-000000-s0", True),
        ("sage", "20260101-000000-s0", True),
    ]
    assert names(root, recipe="sage") == ["04", "03", "01"]
    assert names(root, limit=2) == ["04", "03"]
    assert names(root, limit=9) == ["04", "03", "02", "01"]


def test_sorting_by_a_metric_puts_the_best_first_and_runs_without_it_last(root: Path) -> None:
    assert names(root, sort="ndcg@10") == ["03", "02", "01", "04"]
    assert names(root, sort="loss") == ["01", "03", "04", "02"]
    assert names(root, sort="ndcg@10", limit=1) == ["03"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (["encoder.name=lightgcn"], ["02"]),
        (["encoder=lightgcn"], ["02"]),
        (["encoder.channels=64"], ["04", "03", "01"]),
        (["encoder.channels=6.4e1"], ["04", "03", "01"]),
        (["encoder.channels='64'"], []),
        (["encoder.features=true"], ["04", "03", "01"]),
        (["encoder.features=1"], []),
        (["evaluation.k=20"], ["04", "03", "02", "01"]),
        (["evaluation.k=[10, 20]", "seed=0"], ["02", "01"]),
        (["evaluation.k=[20]"], []),
        (["evaluation.k.1=20", "seed=1"], ["03"]),
        (["evaluation.metrics=ndcg", "seed=2"], ["04"]),
        (["dataset.variant=latest-small", "seed=2"], ["04"]),
        (["dataset.path=null", "seed=2"], ["04"]),
        ({"split.seed": 42, "seed": 2}, ["04"]),
        (["encoder.name=mean"], []),
    ],
    ids=str,
)
def test_where_asks_the_resolved_recipe(root: Path, where: Any, expected: list[str]) -> None:
    assert names(root, where=where) == expected


def test_a_section_that_a_recipe_lacks_is_met_by_nothing_and_by_null(root: Path) -> None:
    path = write_run(root, "20260105-000000-s0", recipe={"name": "popular", "scorer": {"name": "popularity"}})
    (path / "recipe.yaml").write_text(json.dumps(SCORER | {"name": "popular", "scorer": {"name": "popularity"}}))
    assert names(root, where=["scorer=popularity"]) == ["05"]
    assert names(root, where=["encoder=null"]) == ["05"]
    assert names(root, where=["scorer=null", "seed=1"]) == ["03"]


def test_what_no_run_knows_is_told_with_the_nearest(root: Path) -> None:
    assert refused(root, where=["encodr.name=mf"]) == "no run's recipe has 'encodr.name'; did you mean 'encoder.name'?"
    assert refused(root, sort="ndgc@10") == "no run has a test metric 'ndgc@10'; did you mean 'ndcg@10'?"
    assert refused(root, recipe="lihgt") == f"{root} has no runs of a recipe called 'lihgt'; did you mean 'light'?"
    assert refused(root, limit=0) == "--limit is at least 1; got 0"
    nowhere = root / "nowhere"
    assert refused(nowhere) == f"there is no folder {nowhere} with runs; name another with --out"
    with pytest.raises(RecipeError) as error:
        list_runs(root, where=["seed"])
    assert str(error.value) == "-s seed  expected section.field=value"


def test_runs_of_which_none_finished_cannot_be_sorted(tmp_path: Path) -> None:
    write_run(tmp_path, "20260104-000000-s2.partial")
    assert refused(tmp_path, sort="auc") == "no run has a test metric 'auc': none of them has any"


def test_an_empty_root_has_no_runs(tmp_path: Path) -> None:
    assert list_runs(tmp_path, where=["seed=1"], sort="auc") == []
    assert refused(tmp_path, recipe="sage") == f"{tmp_path} has no runs of a recipe called 'sage'"


def test_what_cannot_be_read_is_told_and_left_out(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    (root / "sage" / "notes").mkdir()
    (root / "sage" / ".cache").mkdir()
    (root / "sage" / "readme.txt").write_text("")
    newer = root / "sage" / "20260103-000000-s1"
    (newer / "model.json").write_text('{"format": 7}')
    with caplog.at_level(logging.WARNING, "gnnrec"):
        assert names(root) == ["04", "02", "01"]
    assert [record.getMessage() for record in caplog.records] == [
        f"left out: {root / 'sage' / 'notes'} is no run directory: metrics.json or model.json is missing",
        f"left out: {newer} has format 7; this gnnrec reads formats 1 to 2: upgrade gnnrec",
    ]


def test_the_command_shows_a_table(root: Path, gnnrec: Command) -> None:
    done = gnnrec("runs")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["seed", "epoch", "ndcg@10", "recall@10", "auc", "run"],
        ["2", "(3)", "–", "–", "–", "runs/sage/20260104-000000-s2.partial"],
        ["1", "2", "0.3000", "–", "–", "runs/sage/20260103-000000-s1"],
        ["0", "2", "0.2000", "–", "–", "runs/light/20260102-000000-s0"],
        ["0", "2", "0.1000", "0.2000", "0.7500", "runs/sage/20260101-000000-s0"],
    ]
    assert max(map(len, done.stdout.splitlines())) <= 100
    sorted_by_loss = gnnrec("runs", "--out", str(root), "--recipe", "sage", "--sort", "loss", "--limit", "1").stdout
    assert sorted_by_loss.split()[:7] == ["seed", "epoch", "loss", "ndcg@10", "recall@10", "auc", "run"]
    assert sorted_by_loss.splitlines()[1].endswith("20260101-000000-s0")


def test_the_command_tells_everything_as_json_and_what_it_left_out_on_stderr(root: Path, gnnrec: Command) -> None:
    (root / "sage" / "notes").mkdir()
    done = gnnrec("runs", "--where", "encoder.name=hetero_sage", "--where", "seed=0", "--json")
    assert done.returncode == 0
    assert done.stderr == (
        "warning: left out: runs/sage/notes is no run directory: metrics.json or model.json is missing\n"
    )
    (row,) = json.loads(done.stdout)
    assert row.pop("time").startswith("2026-01-01T00:00:00")
    assert row == {
        "run_dir": "runs/sage/20260101-000000-s0",
        "recipe": "sage",
        "seed": 0,
        "finished": True,
        "epochs": 3,
        "best_epoch": 2,
        "test": {"ndcg@10": 0.1, "loss": 0.5, "recall@10": 0.2, "auc": 0.75},
        "seconds": {"train": 2.0, "evaluate": 0.5},
    }


def test_the_command_says_that_there_is_none(tmp_path: Path, gnnrec: Command) -> None:
    (tmp_path / "runs").mkdir()
    assert gnnrec("runs").stdout == "no runs in runs\n"
    assert gnnrec("runs", "--json").stdout == "[]\n"
    write_run(tmp_path / "runs")
    assert gnnrec("runs", "--where", "seed=7").stdout == "no such run in runs\n"
    done = gnnrec("runs", "--sort", "ndgc")
    assert (done.returncode, done.stderr) == (2, "no run has a test metric 'ndgc': none of them has any\n")


def test_listing_imports_no_torch(root: Path) -> None:
    program = f"""
import sys
from gnnrec.cli import main
sys.argv = ["gnnrec", "runs", "--out", {str(root)!r}, "--sort", "ndcg@10"]
try:
    main()
except SystemExit as end:
    print(end.code, [name for name in ("torch", "pandas") if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == "0 []\n"
