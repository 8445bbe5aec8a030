"""A budget of time: how much is left, whether a training keeps to it, and a bell for what does not end by itself."""

from __future__ import annotations

import math
import signal
import threading
import time
from statistics import median
from typing import TYPE_CHECKING, Any, Self

from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from types import TracebackType

    from gnnrec.contract.training import EpochRecord

LOOKED_AT = 3
"""Epochs after which a training's time is estimated; the first is slower than the others."""

EARLY = 0.25
"""The share of its time after which a training is estimated in any case."""

SPARE = 0.9
"""The share of what is left that a shortened training is planned for."""

AGAIN = 5.0
"""Seconds between two rings: the first lets a training save a checkpoint, the second ends whatever it is."""


class Budget:
    """So many minutes from now on.

    Args:
        minutes: How many.

    Raises:
        UsageError: That is no time.
    """

    def __init__(self, minutes: float) -> None:
        if not (minutes > 0 and math.isfinite(minutes)):
            raise UsageError(f"--minutes is a number of minutes above 0, such as 10 or 0.5; got {minutes:g}")
        self.minutes = minutes
        self._ends = time.monotonic() + 60 * minutes

    @property
    def left(self) -> float:
        """Seconds; below 0 once it is used up."""
        return self._ends - time.monotonic()


class Bell:
    """While it is entered, Ctrl-C is pressed when the time is up; only in the main thread, and not on Windows.

    Args:
        seconds: From entering on; None for no bell.

    Attributes:
        rang: Whether it was this that interrupted.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._before: Any = None
        self.rang = False

    def __enter__(self) -> Self:
        can = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
        if can and self._seconds is not None:
            self._before = signal.signal(signal.SIGALRM, self._ring)
            signal.setitimer(signal.ITIMER_REAL, max(self._seconds, 0.001), AGAIN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)

    def _ring(self, number: int, frame: object) -> None:  # noqa: ARG002 - a handler's signature
        self.rang = True
        signal.raise_signal(signal.SIGINT)


class Pace:
    """Whether a training that goes on will keep to its time: what `go_on` of a run asks.

    Args:
        epochs: How many there are to be.
        allowed: Seconds for the whole run.
        around: Seconds of it that are no epochs: what comes after the last one.
        plan: Whether it is stopped early on where it will not keep to its time; or only once that is over.

    Attributes:
        done: Epochs so far.
        too_slow: Whether it was stopped early on.
    """

    def __init__(self, epochs: int, allowed: float, around: float, *, plan: bool = True) -> None:
        self._epochs, self._allowed, self._around, self._plan = epochs, allowed, around, plan
        self._started = time.monotonic()
        self._seconds: list[float] = []
        self.too_slow = False

    @property
    def done(self) -> int:
        """Epochs so far."""
        return len(self._seconds)

    def goes_on(self, epoch: EpochRecord) -> bool:
        """Whether there is time for more, after an epoch."""
        self._seconds.append(epoch.seconds)
        passed = time.monotonic() - self._started
        if self._plan and (self.done >= LOOKED_AT or passed > EARLY * self._allowed):
            self._plan = False
            coming = (self._epochs - self.done) * self._per_epoch + self._around
            self.too_slow = passed + coming > self._allowed
            return not self.too_slow
        return self.done == self._epochs or passed + self._around <= self._allowed

    def affordable(self, seconds: float) -> int:
        """How many epochs a run of so many seconds can have, as far as this one has told."""
        before = time.monotonic() - self._started - sum(self._seconds)
        return max(0, int((SPARE * seconds - before - self._around) / self._per_epoch))

    @property
    def _per_epoch(self) -> float:
        return max(1e-6, median(self._seconds[1:] or self._seconds))
