"""Which numbers stand among others: one pass over sorted keys, instead of a sort of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gnnrec.data.edges import IdArray, Mask


def among(keys: IdArray, others: IdArray) -> Mask:
    """Which keys stand among others: bool [n].

    Args:
        keys: int64 [n]; quickest where they ascend.
        others: int64 [m], ascending.
    """
    if not len(others):
        return np.zeros(len(keys), bool)
    if (keys[1:] < keys[:-1]).any():  # sorted, they are looked up in the order in which the others lie in memory
        order = np.argsort(keys)
        found = np.empty(len(keys), bool)
        found[order] = among(keys[order], others)
        return found
    same: Mask = others.take(np.searchsorted(others, keys), mode="clip") == keys
    return same
