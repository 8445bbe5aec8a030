"""Work that is done ahead by a thread, while what came before it is used."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Asked = TypeVar("Asked")
Made = TypeVar("Made")


def prefetched(make: Callable[[Asked], Made], asked: Iterable[Asked]) -> Iterator[Made]:
    """What `make` gives for each, in order; one thread makes the next while the last is used.

    An exception of `make` is raised where its result is asked for, and whoever stops asking ends the thread.

    >>> list(prefetched(abs, (-1, 2, -3)))
    [1, 2, 3]
    """
    with ThreadPoolExecutor(1, "gnnrec-prefetch") as thread:
        pending = None
        for each in asked:
            following = thread.submit(make, each)
            if pending is not None:
                yield pending.result()
            pending = following
        if pending is not None:
            yield pending.result()
