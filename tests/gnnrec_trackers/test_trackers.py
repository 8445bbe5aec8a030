from __future__ import annotations

import importlib.util
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from toys import movielens_like, small_recipe

import gnnrec_trackers
from gnnrec.contract.training import EpochRecord, RunEnd, RunStart
from gnnrec.pipeline import run
from gnnrec_trackers import asked, tracking
from gnnrec_trackers.flat_recipe import flat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Command = Callable[..., subprocess.CompletedProcess[str]]

START: Any = RunStart(None, Path("here"), 2, {"users": 3})  # nobody looks at the recipe
EPOCH = EpochRecord(1, 0.5, {"loss": 0.25}, 0.01, 1.5)
END = RunEnd("done", Path("there"), {"best_epoch": 1, "test": {}})
FAILED = "tracker 'tensorboard' failed, and the run goes on without it: OSError: no disk"


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    """What was logged as a warning, heard whatever the command line did to the log before."""
    asked.asked_for.cache_clear()
    logger = logging.getLogger("gnnrec")
    logger.addHandler(caplog.handler)

    def said() -> list[str]:
        texts = (record.getMessage() for record in caplog.records if record.levelno == logging.WARNING)
        return list(dict.fromkeys(texts))

    yield said
    logger.removeHandler(caplog.handler)
    asked.asked_for.cache_clear()


class Notebook:
    """Writes down what it is told, and fails where it is asked to."""

    def __init__(self, fails_in: str = "") -> None:
        self.heard: list[Any] = []
        self.fails_in = fails_in

    def epoch_ended(self, epoch: EpochRecord) -> None:
        self._hear("epoch", epoch)

    def run_ended(self, end: RunEnd) -> None:
        self._hear("end", end)

    def _hear(self, what: str, said: object) -> None:
        if what == self.fails_in:
            raise OSError("no disk")
        self.heard.append(said)


def notebooks(monkeypatch: pytest.MonkeyPatch, **by_name: Notebook | None) -> None:
    """Put notebooks in the place of trackers; None cannot be opened."""

    def opened(name: str, start: RunStart) -> Notebook:
        assert start is START
        notebook = by_name[name]
        if notebook is None:
            raise OSError("no disk")
        return notebook

    monkeypatch.setattr(tracking, "_open", opened)


def tell_all(names: tuple[str, ...]) -> None:
    told = tracking.Tracking(names, START)
    told.epoch_ended(EPOCH)
    told.epoch_ended(EPOCH)
    told.run_ended(END)


def test_names_are_separated_by_commas_and_counted_once(warnings: Callable[[], list[str]]) -> None:
    assert asked.asked_for(" mlflow, tensorboard,,mlflow") == ("mlflow", "tensorboard")
    assert asked.asked_for("") == ()
    assert warnings() == []


def test_an_unknown_name_is_told_once_with_the_nearest_and_costs_the_others_nothing(
    warnings: Callable[[], list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        assert asked.asked_for("tensorbord,mlflow,wandb") == ("mlflow",)
    assert warnings() == [
        "GNNREC_TRACK: no tracker is called 'tensorbord'; did you mean 'tensorboard'?",
        "GNNREC_TRACK: no tracker is called 'wandb'; known: mlflow, tensorboard",
    ]
    assert len({record.created for record in caplog.records}) == 2


def test_a_library_that_is_not_there_is_told_with_what_installs_it(
    warnings: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "mlflow" else name)
    assert asked.asked_for("tensorboard,mlflow") == ("tensorboard",)
    assert warnings() == [
        "GNNREC_TRACK: mlflow is not installed, so nothing is tracked there: pip install 'gnnrec[track]'"
    ]


def test_a_tracker_that_fails_is_told_once_and_left_out_and_the_other_hears_everything(
    warnings: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    clumsy, notebook = Notebook(fails_in="epoch"), Notebook()
    notebooks(monkeypatch, tensorboard=clumsy, mlflow=notebook)
    tell_all(("tensorboard", "mlflow"))
    assert warnings() == [FAILED]
    assert clumsy.heard == []  # not even the end
    assert notebook.heard == [EPOCH, EPOCH, END]


def test_a_tracker_that_cannot_be_opened_costs_nobody_anything(
    warnings: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = Notebook()
    notebooks(monkeypatch, tensorboard=None, mlflow=notebook)
    tell_all(("tensorboard", "mlflow"))
    assert warnings() == [FAILED]
    assert notebook.heard == [EPOCH, EPOCH, END]


def test_an_interruption_in_a_tracker_passes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    class Impatient(Notebook):
        def epoch_ended(self, epoch: EpochRecord) -> None:
            raise KeyboardInterrupt(epoch)

    notebooks(monkeypatch, mlflow=Impatient())
    with pytest.raises(KeyboardInterrupt):
        tell_all(("mlflow",))


def test_a_run_is_whole_though_its_tracker_fails(
    warnings: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GNNREC_TRACK", "tensorboard")

    def opened(name: str, start: RunStart) -> Notebook:  # noqa: ARG001 - as the real one is called
        return Notebook(fails_in="end")

    monkeypatch.setattr(tracking, "_open", opened)
    done = run(small_recipe(movielens_like(tmp_path / "data")), out=tmp_path / "runs")
    assert done.metrics["test"]["auc"] > 0
    assert FAILED in warnings()
    assert gnnrec_trackers._running == {}


@pytest.mark.slow
def test_nothing_is_tracked_and_no_library_is_imported_unless_asked(tmp_path: Path) -> None:
    movielens_like(tmp_path / "data")
    program = """
import sys
from toys import small_recipe
from gnnrec import run
done = run(small_recipe("data"))
print("tensorboard" in sys.modules, "mlflow" in sys.modules, (done.directory / "tensorboard").exists())
"""
    path = os.pathsep.join([str(Path(__file__).parents[1] / "support"), os.environ.get("PYTHONPATH", "")])
    environment = {name: value for name, value in os.environ.items() if name != asked.VARIABLE} | {"PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False", "False"]


def test_a_command_that_runs_nothing_says_nothing_of_trackers(gnnrec: Command) -> None:
    done = gnnrec("--version", GNNREC_TRACK="wandb")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_a_run_from_the_command_line_is_tracked_in_both(gnnrec: Command, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    pytest.importorskip("mlflow")
    movielens_like(tmp_path / "data")
    short = [
        "-s",
        "dataset.path=data",
        "-s",
        "encoder.channels=8",
        "-s",
        "trainer.epochs=2",
        "-s",
        "trainer.device=cpu",
    ]
    tracked = {"GNNREC_TRACK": "tensorboard,mlflow,wandb", "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = gnnrec("run", "movielens_sage", *short, "--json", **tracked)
    assert done.returncode == 0, done.stderr
    warned = [line for line in done.stderr.splitlines() if line.startswith("warning")]
    assert warned == ["warning: GNNREC_TRACK: no tracker is called 'wandb'; known: mlflow, tensorboard"]
    (line,) = done.stdout.splitlines()
    assert len(list((tmp_path / json.loads(line)["run_dir"] / "tensorboard").iterdir())) == 1
    assert (tmp_path / "mlflow.db").stat().st_size > 0


def test_the_plugin_shows_its_hooks_where_it_has_no_components(gnnrec: Command) -> None:
    (row,) = [line for line in gnnrec("plugins").stdout.splitlines() if "gnnrec_trackers" in line]
    assert "loaded" in row
    assert row.rstrip(" │").endswith("gnnrec_epoch_ended, gnnrec_run_ended, gnnrec_run_started")


def test_a_recipe_is_flattened_into_keys_as_they_are_overridden() -> None:
    found = flat(small_recipe(Path("somewhere")))
    assert {key: found[key] for key in ("name", "encoder.channels", "encoder.features", "features.item.0.name")} == {
        "name": "movielens_sage",
        "encoder.channels": 8,
        "encoder.features": True,
        "features.item.0.name": "genre_onehot",
    }
    assert (found["features.user"], found["evaluation.k"], found["evaluation.every"]) == ("[]", "[10, 20]", "null")
