"""Sparse similarities between items: each item is compared with its nearest ones and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from gnnrec_scorers.co_occurrence import BLOCK_CELLS, co_occurrence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gnnrec import Edges
    from gnnrec.interactions import IdArray

    Block = tuple[Tensor, Tensor]
    """Items int64 [b], and how similar every item is to each of them, float32 [b, I], in fresh memory."""


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
    def nearest(cls, blocks: Iterable[Block], neighbours: int, num_items: int) -> ItemSimilarity:
        """Keep for each item i the `neighbours` most similar items j other than itself; never one without similarity.

        Of items that are equally similar to i, those that come last may be left out; which, `torch.topk` decides.
        """
        pairs, values = [], []
        for items, similar in blocks:
            similar[torch.arange(len(items)), items] = 0.0
            best, others = similar.topk(min(neighbours, num_items), dim=1)  # [b, k]
            kept = best > 0
            pairs.append(torch.stack([others, items[:, None].expand_as(others)])[:, kept])
            values.append(best[kept])
        indices = torch.cat(pairs, dim=1)
        order = (indices[0] * num_items + indices[1]).argsort()
        return cls(indices[:, order], torch.cat(values)[order], num_items)

    def forward(self, histories: Tensor) -> Tensor:
        """Score all items: CSR [B, I] → [B, I]."""
        shape = (self.num_items, self.num_items)
        similarity = torch.sparse_coo_tensor(
            self.indices, self.values, shape, is_coalesced=True, check_invariants=False
        )
        # As coordinates: compressed rows are multiplied with each other only where torch is built with MKL.
        return torch.sparse.mm(histories.to_sparse_coo(), similarity).to_dense()


def cosines(train: Edges, shrinkage: float, *, block_cells: int = BLOCK_CELLS) -> Iterator[Block]:
    """S_ji = c_ij / (sqrt(n_i · n_j) + shrinkage): c_ij users know both items, n_i users know i."""
    norms = _degrees(train.items, train.num_items).sqrt()
    for items, common in co_occurrence(train, block_cells=block_cells):
        yield items, common.div_(torch.outer(norms[items], norms).add_(shrinkage))


def walks(train: Edges, alpha: float, beta: float, *, block_cells: int = BLOCK_CELLS) -> Iterator[Block]:
    """S_ji = Σ d_j^-alpha · d_u^-alpha over the users u of both items, times d_i^-beta, where d counts interactions.

    With alpha = 1 the sum is the probability of getting from j to i in two random steps.
    """
    degrees = _degrees(train.items, train.num_items)
    first_step, penalty = degrees.pow(-alpha), degrees.pow(-beta)
    second_step = _degrees(train.users, train.num_users).pow(-alpha)
    for items, common in co_occurrence(train, second_step, block_cells=block_cells):
        yield items, common.mul_(first_step).mul_(penalty[items, None])


def _degrees(nodes: IdArray, count: int) -> Tensor:
    """Interactions of each node, float32 [N]; one where there are none, so that it can be divided by."""
    return torch.bincount(torch.from_numpy(nodes), minlength=count).clamp_(min=1).float()
