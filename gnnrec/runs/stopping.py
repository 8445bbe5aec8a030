"""What stops a run: a wish (Ctrl-C, SIGTERM) that waits for the next step boundary, or a verdict on its epochs."""

from __future__ import annotations

import logging
import signal
import threading
from typing import TYPE_CHECKING, Any, Self

from gnnrec.errors import GnnrecError

if TYPE_CHECKING:
    from types import TracebackType

logger = logging.getLogger("gnnrec")


class RunPruned(GnnrecError):  # noqa: N818 - nothing went wrong
    """Whoever asked for a run was asked after an epoch whether to go on, and said no."""


class StopRequest:
    """While it is entered, the first signal is remembered if somebody asks for it, and a second one acts at once.

    Only a trainer that calls `asked` is waited for; before its first question, and after `forget`, a signal acts at
    once. Outside the main thread, and where SIGINT is handled by somebody else, nothing changes.
    """

    def __init__(self) -> None:
        self._asked_for = False
        self._wanted = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                self._before[signal.SIGINT] = signal.signal(signal.SIGINT, self._receive)
            if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
                self._before[signal.SIGTERM] = signal.signal(signal.SIGTERM, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def asked(self) -> bool:
        """Whether the run is asked to stop; whoever calls this promises to call it again soon."""
        self._asked_for = True
        return self._wanted

    def forget(self) -> None:
        """From now on a signal acts at once: nobody will ask any more."""
        self._asked_for = False

    def _receive(self, number: int, frame: object) -> None:  # noqa: ARG002 - a handler's signature
        if self._wanted or not self._asked_for:
            raise KeyboardInterrupt
        self._wanted = True
        logger.warning("stopping after this step, with a checkpoint; once more stops at once")
