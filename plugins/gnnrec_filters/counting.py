"""Which interactions are left when users and items need a number of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from gnnrec import Edges

    Ids = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]


def enough(edges: Edges, users: int, items: int) -> Mask:
    """The edges whose user has at least `users` edges, and whose item at least `items`: bool [E]."""
    return _enough(edges.users, edges.items, users, items)


def core(edges: Edges, users: int, items: int) -> Mask:
    """The edges that are left when those without `enough` are taken away until nothing changes: bool [E].

    It is the largest set in which each user has `users` edges and each item `items`, whatever the order of taking away.
    """
    kept = np.arange(len(edges))
    while not (stays := _enough(edges.users[kept], edges.items[kept], users, items)).all():
        kept = kept[stays]
    chosen = np.zeros(len(edges), bool)
    chosen[kept] = True
    return chosen


def largest_core(edges: Edges, users: int, items: int) -> tuple[int, int]:
    """The most that can be asked for, up to the given numbers, so that a core is left; given that these leave none.

    What is less than the other number is lowered only when the other has come down to it.
    """
    some, none = 1, max(users, items)
    while none - some > 1:
        middle = (some + none) // 2
        if core(edges, min(users, middle), min(items, middle)).any():
            some = middle
        else:
            none = middle
    return min(users, some), min(items, some)


def _enough(users: Ids, items: Ids, of_user: int, of_item: int) -> Mask:
    return (np.bincount(users)[users] >= of_user) & (np.bincount(items)[items] >= of_item)
