"""The nearest items of each item by cosine, exactly, in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gnnrec import Edges
    from gnnrec.data.edges import IdArray, Mask, Weights

BLOCK_CELLS = 2**24
"""Cosines held at once: 64 MiB of float32."""


def nearest_by_features(features: npt.NDArray[np.float32], k: int, eligible: Mask) -> tuple[IdArray, IdArray, Weights]:
    """The k items of the most similar features for each item.

    Args:
        features: float32 [I, F].
        k: At the most; fewer where fewer have a positive cosine.
        eligible: bool [I], who may be a neighbour.

    Returns:
        Items, ascending, their neighbours, ascending for each, and the cosines; [n] each.
    """
    length = np.linalg.norm(features, axis=1, keepdims=True)
    unit = np.divide(features, length, out=np.zeros_like(features), where=length > 0)
    return _nearest(lambda start, end: unit[start:end] @ unit.T, len(unit), k, eligible)


def nearest_by_users(edges: Edges, k: int, eligible: Mask) -> tuple[IdArray, IdArray, Weights]:
    """The k items that share the most users with each item, by the cosine of their users; see `nearest_by_features`."""
    degree = np.bincount(edges.items, minlength=edges.num_items).astype(np.float32)
    values = 1 / np.sqrt(degree[edges.items])
    by_user = csr_array((values, (edges.users, edges.items)), shape=(edges.num_users, edges.num_items))
    by_item = by_user.T.tocsr()
    return _nearest(lambda start, end: (by_item[start:end] @ by_user).toarray(), edges.num_items, k, eligible)


def _nearest(
    cosines: Callable[[int, int], npt.NDArray[np.float32]], num_items: int, k: int, eligible: Mask
) -> tuple[IdArray, IdArray, Weights]:
    found: list[tuple[IdArray, IdArray, Weights]] = []
    size = max(1, BLOCK_CELLS // max(1, num_items))
    k = min(k, num_items)
    for start in range(0, num_items, size):
        block = cosines(start, min(start + size, num_items))
        rows = np.arange(len(block))
        block[:, ~eligible] = 0
        block[rows, rows + start] = 0
        some = np.sort(np.argpartition(-block, k - 1, axis=1)[:, :k], axis=1)
        values = np.take_along_axis(block, some, axis=1)
        row, place = np.nonzero(values > 0)
        found.append((row + start, some[row, place], values[row, place].astype(np.float32)))
    items, neighbours, values = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return items.astype(np.int64), neighbours.astype(np.int64), values
