"""A run as an event file, which TensorBoard reads: `tensorboard --logdir runs` shows all runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter

from gnnrec_trackers.flat_recipe import flat

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gnnrec.contract.training import EpochRecord, RunEnd, RunStart

FOLDER = "tensorboard"


class EventFile:
    """Appends to `tensorboard/` in the run's directory.

    The file is opened for each record: none is held open while the directory is renamed, and what is written is on the
    disk at once. A resumed run gets a file of its own, since an interruption may have left the last record torn.
    """

    def __init__(self, run: RunStart) -> None:
        self._directory = run.directory
        self._name = f"events.out.tfevents.{time.time():.6f}"  # TensorBoard reads them in the order of their names
        self._heard_an_epoch = False
        (run.directory / FOLDER).mkdir(exist_ok=True)
        text = (run.directory / "recipe.yaml").read_text(encoding="utf-8")
        in_markdown = "".join(f"    {line}\n" for line in text.splitlines())
        self._append(Event(file_version="brain.Event:2"))
        self._append(
            Event(summary=text_pb("recipe", in_markdown)),
            Event(summary=hparams_pb(flat(run.recipe), trial_id=f"{run.recipe.name}/{run.directory.stem}")),
        )

    def epoch_ended(self, epoch: EpochRecord) -> None:
        """A scalar for each figure of the epoch."""
        if not self._heard_an_epoch:  # what an interrupted run wrote of this epoch and later ones is not shown
            self._heard_an_epoch = True
            self._append(Event(step=epoch.epoch, session_log=SessionLog(status=SessionLog.START)))
        figures = {name: value for name, value in epoch.to_json().items() if name != "epoch"}
        self._append(Event(step=epoch.epoch, summary=_scalars(figures)))

    def run_ended(self, end: RunEnd) -> None:
        """A scalar `test/…` for each test metric of a finished run, at the epoch that was chosen."""
        self._directory = end.directory
        if end.metrics is not None:
            test = {f"test/{name}": value for name, value in end.metrics["test"].items()}
            self._append(Event(step=end.metrics["best_epoch"] or 0, summary=_scalars(test)))

    def _append(self, *events: Event) -> None:
        path: Path = self._directory / FOLDER / self._name
        with path.open("ab") as file:
            writer = RecordWriter(file)
            for event in events:
                event.wall_time = time.time()
                writer.write(event.SerializeToString())


def _scalars(figures: Mapping[str, float]) -> Summary:
    return Summary(value=[Summary.Value(tag=name, simple_value=value) for name, value in figures.items()])
