"""Sparse similarities between items: each item is compared with its nearest ones and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from gnnrec_scorers.block_memory import BLOCK_CELLS
from gnnrec_scorers.co_occurrence import co_occurrence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gnnrec import Edges
    from gnnrec.data.edges import IdArray

    Block = tuple[Tensor, Tensor]
    """Items int64 [b], and how similar each of them is to every item, float32 [b, I], in fresh memory."""


class ItemSimilarity(nn.Module):
    """score(u, i) = Σ S_ji over the items j of u's history.

    Args:
        indices: int64 [2, E], pairs (j, i) in ascending order, none twice.
        values: float32 [E], S_ji.
        num_items: I.
    """

    indices: Tensor
    values: Tensor

    def __init__(self, indices: Tensor, values: Tensor, num_items: int) -> None:
        super().__init__()
        self.register_buffer("indices", indices)
        self.register_buffer("values", values)
        self.num_items = num_items

    @classmethod
    def of(cls, known: Tensor, scored: Tensor, values: Tensor, num_items: int) -> ItemSimilarity:
        """Build from pairs in any order: j and i int64 [E], S_ji float32 [E]."""
        order = (known * num_items + scored).argsort()
        return cls(torch.stack([known, scored])[:, order], values[order], num_items)

    def forward(self, histories: Tensor) -> Tensor:
        """Score all items: CSR [B, I] → [B, I]."""
        shape = (self.num_items, self.num_items)
        similarity = torch.sparse_coo_tensor(
            self.indices, self.values, shape, is_coalesced=True, check_invariants=False
        )
        # As coordinates: compressed rows are multiplied with each other only where torch is built with MKL.
        scores: Tensor = torch.sparse.mm(histories.to_sparse_coo(), similarity).to_dense()  # type: ignore[no-untyped-call]
        return scores


def nearest(blocks: Iterable[Block], neighbours: int) -> tuple[Tensor, Tensor, Tensor]:
    """The `neighbours` most similar others of each item, without those that are not similar at all.

    Of others that are equally similar some may be left out at the end; which, `torch.topk` decides.

    Returns:
        Item and other, both int64 [E], and how similar they are, float32 [E]; items ascend.

    Raises:
        ValueError: There is no block.
    """
    tables: tuple[Tensor, Tensor] | None = None
    for block, similar in blocks:
        similar[torch.arange(len(block)), block] = 0.0
        best, other = similar.topk(min(neighbours, similar.size(1)), dim=1)  # [b, k]
        if tables is None:
            # All rows at once: small results kept among large ones that are freed would leave a heap full of holes.
            shape = similar.size(1), best.size(1)
            tables = torch.zeros(shape, dtype=torch.int32), torch.zeros(shape, dtype=best.dtype)
        tables[0][block], tables[1][block] = other.int(), best
    if tables is None:
        raise ValueError("expected at least one block of items, got none")
    others, values = tables
    kept = values > 0
    items = torch.arange(len(kept)).repeat_interleave(kept.sum(1))
    return items, others[kept].long(), values[kept]


def cosines(
    train: Edges,
    shrinkage: float,
    *,
    item_power: float = 0.5,
    user_power: float = 0.0,
    block_cells: int = BLOCK_CELLS,
) -> Iterator[Block]:
    """From each item i of a block to every j: c_ij / (n_i^item_power · sqrt(n_j) + shrinkage).

    c_ij is Σ d_u^-user_power over the users u of both; n and d count a node's interactions.
    """
    counts = _degrees(train.items, train.num_items)
    scored, known = counts.pow(item_power), counts.sqrt()
    weights = _degrees(train.users, train.num_users).pow(-user_power)
    for items, common in co_occurrence(train, weights, block_cells=block_cells):
        yield items, common.div_(torch.outer(scored[items], known).add_(shrinkage))


def walks(train: Edges, alpha: float, beta: float, *, block_cells: int = BLOCK_CELLS) -> Iterator[Block]:
    """From each item i of a block to every j: Σ d_i^-alpha · d_u^-alpha over the users u of both, times d_j^-beta.

    d counts a node's interactions. With alpha = 1 the sum is the probability of getting from i to j in two steps.
    """
    degrees = _degrees(train.items, train.num_items)
    first_step, penalty = degrees.pow(-alpha), degrees.pow(-beta)
    second_step = _degrees(train.users, train.num_users).pow(-alpha)
    for items, common in co_occurrence(train, second_step, block_cells=block_cells):
        yield items, common.mul_(first_step[items, None]).mul_(penalty)


def _degrees(nodes: IdArray, count: int) -> Tensor:
    """Interactions of each node, float32 [N]; one where there are none, so that it can be divided by."""
    return torch.bincount(torch.from_numpy(nodes), minlength=count).clamp_(min=1).float()
