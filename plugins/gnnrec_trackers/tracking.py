"""The trackers of one run, each apart from the others."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gnnrec.contract.training import EpochRecord, RunEnd, RunStart

logger = logging.getLogger("gnnrec")


class Tracker(Protocol):
    """Writes one run to one place, which is open when it is made."""

    def epoch_ended(self, epoch: EpochRecord) -> None:
        """Write an epoch. A resumed run may tell one that was written before."""

    def run_ended(self, end: RunEnd) -> None:
        """Write how the run ended, and close."""


class Tracking:
    """Hands on what happens in a run to its trackers; one that fails is reported, and left out from then on.

    So a server that cannot be reached costs one wait and one warning, not one an epoch.

    Args:
        names: Of the trackers.
        run: What is tracked.
    """

    def __init__(self, names: Iterable[str], run: RunStart) -> None:
        self._trackers: dict[str, Tracker] = {}
        for name in names:
            with self._apart(name):
                self._trackers[name] = _open(name, run)

    def epoch_ended(self, epoch: EpochRecord) -> None:
        """Tell every tracker."""
        for name, tracker in tuple(self._trackers.items()):
            with self._apart(name):
                tracker.epoch_ended(epoch)

    def run_ended(self, end: RunEnd) -> None:
        """Tell every tracker."""
        for name, tracker in tuple(self._trackers.items()):
            with self._apart(name):
                tracker.run_ended(end)

    @contextmanager
    def _apart(self, name: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a tracker must not cost anybody a run, or another tracker
            self._trackers.pop(name, None)
            logger.warning(
                "tracker '%s' failed, and the run goes on without it: %s: %s", name, type(error).__name__, error
            )


def _open(name: str, run: RunStart) -> Tracker:
    if name == "tensorboard":
        from gnnrec_trackers.event_file import EventFile

        return EventFile(run)
    from gnnrec_trackers.mlflow_run import MlflowRun

    return MlflowRun(run)
