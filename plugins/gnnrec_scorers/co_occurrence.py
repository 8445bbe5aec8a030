"""How often two items are known to the same user, for all pairs of items, in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from gnnrec.graph.sparse import Structure, product
from gnnrec_scorers.block_memory import BLOCK_CELLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from gnnrec import Edges


def co_occurrence(
    train: Edges, weights: Tensor | None = None, *, block_cells: int = BLOCK_CELLS
) -> Iterator[tuple[Tensor, Tensor]]:
    """Rows of M = Xᵀ diag(w) X, where X [U, I] has a one for each interaction: M_ij = Σ w_u over users of both i and j.

    Args:
        train: The interactions.
        weights: [U], w, whose dtype is the result's; ones in float32 where it is not given.
        block_cells: Bounds the memory; does not change the result.

    Yields:
        The items of a block, int64 [b], ascending, and their rows of M, [b, I], in fresh memory.
    """
    users, items = torch.from_numpy(train.users), torch.from_numpy(train.items)
    structure = Structure.of(items, users, (train.num_items, train.num_users))
    users, items = users[structure.order], items[structure.order]
    weights = torch.ones(train.num_users) if weights is None else weights
    by_item = structure.matrix(weights[users])  # Xᵀ diag(w)
    start = structure.crow.tolist()
    size = max(1, block_cells // max(train.num_users, train.num_items))
    for block in torch.split(torch.arange(train.num_items), size):
        first, last = int(block[0]), int(block[-1]) + 1
        entries = slice(start[first], start[last])
        known = torch.zeros(train.num_users, len(block), dtype=weights.dtype)
        known[users[entries], items[entries] - first] = 1.0
        yield block, product(by_item, known).T.contiguous()
