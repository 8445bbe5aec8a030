"""The hooks of gnnrec: everything that a plugin can do is on this page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    import typer

    from gnnrec.contract.component import Component
    from gnnrec.contract.training import EpochRecord, RunEnd, RunStart

PROJECT = "gnnrec"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function as an implementation of the hook that bears its name."""


@hookspec
def gnnrec_components() -> Iterable[type[Component]]:  # type: ignore[empty-body]
    """Return the component classes that the plugin contributes."""


@hookspec
def gnnrec_commands(app: typer.Typer) -> None:
    """Add commands to `app`, the command line; it is called once, before arguments are read."""


@hookspec
def gnnrec_run_started(run: RunStart) -> None:
    """A run has loaded its data and is about to fit; `run` says what and where."""


@hookspec
def gnnrec_epoch_ended(run: RunStart, epoch: EpochRecord) -> None:
    """An epoch of training and validation is over; `epoch` is its line of history.jsonl."""


@hookspec
def gnnrec_run_ended(run: RunStart, end: RunEnd) -> None:
    """A run is over: done, failed or interrupted; `end` says which, and holds the metrics of a finished one."""
