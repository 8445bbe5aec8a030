"""A run's progress as a notebook shows it: one bar that moves in its place."""

from __future__ import annotations

import sys
from html import escape
from time import monotonic
from typing import TYPE_CHECKING, Any

from gnnrec.contract.hookspecs import hookimpl

if TYPE_CHECKING:
    from gnnrec.contract.training import EpochRecord, RunEnd, RunStart

SECONDS_BETWEEN = 0.2
"""A browser that is told more often than this only lags behind."""


def in_notebook() -> bool:
    """Whether this is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None


class _Bar:
    """What is shown: HTML in a notebook, a line where HTML is not shown."""

    def __init__(self, done: int, total: int, text: str) -> None:
        self.done, self.total, self.text = done, total, text

    def __repr__(self) -> str:
        return f"epoch {self.done}/{self.total}  {self.text}".rstrip()

    def _repr_html_(self) -> str:
        return (
            f'<progress max="{self.total}" value="{self.done}" style="width: 20em; vertical-align: middle"></progress> '
            f"epoch {self.done}/{self.total} <code>{escape(self.text)}</code>"
        )


class NotebookProgress:
    """An observer that shows epochs, losses and the time left."""

    def __init__(self) -> None:
        self._shown: Any = None
        self._bar = _Bar(0, 0, "")
        self._begun = self._told = 0.0
        self._done_before = 0

    @hookimpl
    def gnnrec_run_started(self, run: RunStart) -> None:
        """Put the bar there; a closed-form scorer has no epochs, and no bar."""
        if not run.epochs:
            return
        from IPython.display import display

        self._bar, self._done_before = _Bar(run.epochs_done, run.epochs, ""), run.epochs_done
        self._begun = self._told = monotonic()
        self._shown = display(self._bar, display_id=True)  # type: ignore[no-untyped-call]

    @hookimpl
    def gnnrec_epoch_ended(self, run: RunStart, epoch: EpochRecord) -> None:
        """Move it."""
        losses = {"train loss": epoch.train_loss} | {f"val {name}": value for name, value in epoch.val.items()}
        told = "  ".join(f"{name} {value:.4f}" for name, value in losses.items())
        stage, total = ("", run.epochs) if epoch.refit_of is None else ("refit  ", epoch.refit_of)
        now = monotonic()
        left = (now - self._begun) / max(1, epoch.epoch - self._done_before) * (total - epoch.epoch)
        more = f"  {left:.0f} s left" if left >= 1 and epoch.refit_of is None else ""
        self._bar = _Bar(epoch.epoch, total, f"{stage}{told}{more}")
        if now - self._told >= SECONDS_BETWEEN:
            self._told = now
            self._update()

    @hookimpl
    def gnnrec_run_ended(self, run: RunStart, end: RunEnd) -> None:  # noqa: ARG002 - the hook's signature
        """Leave it as it ended."""
        if end.status != "done":
            self._bar = _Bar(self._bar.done, self._bar.total, f"{end.status}  {self._bar.text}")
        self._update()

    def _update(self) -> None:
        if self._shown is not None:
            self._shown.update(self._bar)
