"""Trackers: what a run says and measures, written to TensorBoard and MLflow where `GNNREC_TRACK` asks for it.

The environment decides, never a recipe: a recipe comes from anybody, and must not choose where data are sent.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gnnrec import hookimpl
from gnnrec_trackers.asked import VARIABLE, asked_for
from gnnrec_trackers.tracking import Tracking

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec.contract.training import EpochRecord, RunEnd, RunStart

_running: dict[Path, Tracking] = {}
"""By the directory that a run started in."""


@hookimpl
def gnnrec_run_started(run: RunStart) -> None:
    """Open the trackers that are asked for."""
    names = asked_for(os.environ.get(VARIABLE, ""))
    if names:
        _running[run.directory] = Tracking(names, run)


@hookimpl
def gnnrec_epoch_ended(run: RunStart, epoch: EpochRecord) -> None:
    """Hand on an epoch."""
    if run.directory in _running:
        _running[run.directory].epoch_ended(epoch)


@hookimpl
def gnnrec_run_ended(run: RunStart, end: RunEnd) -> None:
    """Hand on the end, and close."""
    if run.directory in _running:
        _running.pop(run.directory).run_ended(end)
