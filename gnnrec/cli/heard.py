"""What gnnrec's log says in a while, kept instead of shown."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def heard() -> Iterator[list[logging.LogRecord]]:
    """The records, from information on, as they come; nothing of them is shown, unless an error ends it all."""
    logger, keeper = logging.getLogger("gnnrec"), _Keeper()
    before = logger.handlers, logger.level, logger.propagate
    logger.handlers, logger.propagate = [keeper], False
    logger.setLevel(logging.INFO)
    try:
        yield keeper.records
    except BaseException:
        _restore(logger, before)
        for record in keeper.records:
            logger.handle(record)
        raise
    _restore(logger, before)


def _restore(logger: logging.Logger, before: tuple[list[logging.Handler], int, bool]) -> None:
    logger.handlers, level, logger.propagate = before
    logger.setLevel(level)
