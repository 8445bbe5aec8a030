"""A run in MLflow: parameters, metrics, files and how it ended."""

from __future__ import annotations

import os
import re
import sys
import time
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from gnnrec import __version__
from gnnrec_trackers.flat_recipe import flat

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gnnrec.contract.training import EpochRecord, RunEnd, RunStart

NAME_LENGTH, VALUE_LENGTH = 250, 6000
PARAMS_AT_ONCE, METRICS_AT_ONCE = 100, 1000
"""MLflow's limits."""

SECONDS = 2.0
"""How long epochs are gathered: sending one by itself can take as long as the epoch did."""

STATUS = {"done": "FINISHED", "failed": "FAILED", "interrupted": "KILLED", "pruned": "KILLED"}
DIRECTORY_TAG = "gnnrec.run_directory"


class MlflowRun:
    """Speaks to the server or store, and writes into the experiment, that MLflow's own environment variables name."""

    def __init__(self, run: RunStart) -> None:
        self._client = MlflowClient()
        self._waiting: list[Metric] = []
        self._sent = time.monotonic()
        experiment = self._experiment(run.recipe.name)
        directory = run.directory.resolve()
        interrupted = self._interrupted(experiment, directory)
        if interrupted is not None:
            self._client.update_run(interrupted, status="RUNNING")
        self._id = interrupted or self._create(experiment, directory, run)

    def epoch_ended(self, epoch: EpochRecord) -> None:
        """Metrics of the epoch, its number being the step."""
        figures = {name: value for name, value in epoch.to_json().items() if name != "epoch"}
        self._gather(figures, epoch.epoch)
        if time.monotonic() - self._sent > SECONDS:
            self._send()

    def run_ended(self, end: RunEnd) -> None:
        """Status; for a finished run its test metrics and its files too."""
        if end.metrics is not None:
            test = {f"test/{name}": value for name, value in end.metrics["test"].items()}
            self._gather(test, end.metrics["best_epoch"] or 0)
        self._send()
        if end.status == "done":
            self._client.set_tag(self._id, DIRECTORY_TAG, str(end.directory.resolve()))
            for name in ("metrics.json", "report.html"):
                self._client.log_artifact(self._id, str(end.directory / name))
        with redirect_stdout(sys.stderr):  # MLflow prints where the run can be seen; stdout may be for JSON
            self._client.set_terminated(self._id, STATUS[end.status])

    def _experiment(self, recipe: str) -> str:
        if identity := os.environ.get("MLFLOW_EXPERIMENT_ID"):
            return identity
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or recipe
        found = self._client.get_experiment_by_name(name)
        if found is None:
            try:
                return str(self._client.create_experiment(name))
            except MlflowException:  # a run beside this one was quicker
                found = self._client.get_experiment_by_name(name)
                if found is None:
                    raise
        return str(found.experiment_id)

    def _interrupted(self, experiment: str, directory: Path) -> str | None:
        """The id under which this run was tracked until it was interrupted; only a run with epochs is resumed."""
        if not (directory / "history.jsonl").exists():
            return None
        quote = '"' if "'" in str(directory) else "'"
        found = self._client.search_runs([experiment], f"tags.`{DIRECTORY_TAG}` = {quote}{directory}{quote}")
        return str(found[0].info.run_id) if found else None

    def _create(self, experiment: str, directory: Path, run: RunStart) -> str:
        tags = {"gnnrec.version": __version__, DIRECTORY_TAG: str(directory)}
        identity = str(self._client.create_run(experiment, tags=tags, run_name=directory.stem).info.run_id)
        params = [Param(_name(key), str(value)[:VALUE_LENGTH]) for key, value in flat(run.recipe).items()]
        for start in range(0, len(params), PARAMS_AT_ONCE):
            self._client.log_batch(identity, params=params[start : start + PARAMS_AT_ONCE])
        self._client.log_artifact(identity, str(directory / "recipe.yaml"))
        return identity

    def _gather(self, figures: Mapping[str, float], step: int) -> None:
        now = time.time_ns() // 1_000_000
        self._waiting += [Metric(_name(key), value, now, step) for key, value in figures.items()]

    def _send(self) -> None:
        for start in range(0, len(self._waiting), METRICS_AT_ONCE):
            self._client.log_batch(self._id, self._waiting[start : start + METRICS_AT_ONCE])
        self._waiting = []
        self._sent = time.monotonic()


def _name(key: str) -> str:
    """A key in the characters that MLflow allows: `recall@10` becomes `recall_at_10`."""
    return re.sub(r"[^\w./ :-]", "_", key.replace("@", "_at_"))[:NAME_LENGTH]
