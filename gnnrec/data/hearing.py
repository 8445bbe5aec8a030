"""What gnnrec's log says in a while, kept besides being shown."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, get_ident
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(eq=False)
class _Listener:
    """Who listens: to what one thread says."""

    thread: int
    records: list[logging.LogRecord] = field(default_factory=list)


class _Ears(logging.Filter):
    """Hands records from information on to those who listen, and lets through what would have been shown without them.

    It is one filter for all threads: of several, those behind one that holds a record back would not see it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lock, self.listeners = Lock(), list[_Listener]()
        self.level = self.shown = logging.NOTSET

    def filter(self, record: logging.LogRecord) -> bool:
        for each in tuple(self.listeners):
            if each.thread == record.thread and record.levelno >= logging.INFO:
                each.records.append(record)
        return record.levelno >= self.shown


_ears = _Ears()


@contextmanager
def heard_too() -> Iterator[list[logging.LogRecord]]:
    """The records of the logger `gnnrec` that this thread makes, as they come, whether they are shown or not."""
    logger, listener = logging.getLogger("gnnrec"), _Listener(get_ident())
    with _ears.lock:
        if not _ears.listeners:
            _ears.level, _ears.shown = logger.level, logger.getEffectiveLevel()
            logger.addFilter(_ears)
            logger.setLevel(min(_ears.shown, logging.INFO))
        _ears.listeners.append(listener)
    try:
        yield listener.records
    finally:
        with _ears.lock:
            _ears.listeners.remove(listener)
            if not _ears.listeners:
                logger.removeFilter(_ears)
                logger.setLevel(_ears.level)
