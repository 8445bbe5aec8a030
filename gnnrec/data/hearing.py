"""What gnnrec's log says in a while, kept besides being shown."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_lock = Lock()
_listening: list[_Listener] = []
"""Who listens, of all threads; the first one lets the logger tell more, the last one sets it back."""


class _Listener(logging.Filter):
    """Keeps all records from information on, and lets through what would have been shown without it.

    Args:
        level: The logger's own, which is set back.
        shown: From which level on records are shown.
    """

    def __init__(self, level: int, shown: int) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.level, self.shown = level, shown

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.INFO:
            self.records.append(record)
        return record.levelno >= self.shown


@contextmanager
def heard_too() -> Iterator[list[logging.LogRecord]]:
    """The records of the logger `gnnrec` as they come, whether they are shown or not."""
    logger = logging.getLogger("gnnrec")
    with _lock:
        of = _listening[0] if _listening else _Listener(logger.level, logger.getEffectiveLevel())
        listener = _Listener(of.level, of.shown)
        _listening.append(listener)
        logger.addFilter(listener)
        logger.setLevel(min(of.shown, logging.INFO))
    try:
        yield listener.records
    finally:
        with _lock:
            logger.removeFilter(listener)
            _listening.remove(listener)
            if not _listening:
                logger.setLevel(listener.level)
