"""What gnnrec's log says in a while, kept besides being shown."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Listener(logging.Filter):
    """Keeps all records from information on, and lets through what would have been shown without it."""

    def __init__(self, shown: int) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self._shown = shown

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.INFO:
            self.records.append(record)
        return record.levelno >= self._shown


@contextmanager
def heard_too() -> Iterator[list[logging.LogRecord]]:
    """The records of the logger `gnnrec` as they come, whether they are shown or not."""
    logger = logging.getLogger("gnnrec")
    level, listener = logger.level, _Listener(logger.getEffectiveLevel())
    logger.addFilter(listener)
    logger.setLevel(min(logger.getEffectiveLevel(), logging.INFO))
    try:
        yield listener.records
    finally:
        logger.setLevel(level)
        logger.removeFilter(listener)
