"""EASE's weights, and the module that scores with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from gnnrec.graph.sparse import product
from gnnrec_scorers.block_memory import BLOCK_CELLS
from gnnrec_scorers.co_occurrence import co_occurrence
from gnnrec_scorers.symmetric_inverse import invert_

if TYPE_CHECKING:
    from gnnrec import Edges


class EASEModule(nn.Module):
    """score(u, i) = Σ B_ji over the items j of u's history.

    Args:
        weights: float32 [I, I], B.
    """

    weights: Tensor

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self.register_buffer("weights", weights)

    def forward(self, histories: Tensor) -> Tensor:
        """Score all items: CSR [B, I] → [B, I]."""
        return product(histories, self.weights)


def item_weights(train: Edges, l2: float, *, block_cells: int = BLOCK_CELLS) -> Tensor:
    """B of Steck 2019, equation 8: float32 [I, I], the only matrix of its size that is held.

    Raises:
        torch.linalg.LinAlgError: `l2` is too small for float32.
    """
    weights = torch.empty(train.num_items, train.num_items)
    for items, counts in co_occurrence(train, block_cells=block_cells):
        weights[items] = counts
    weights.diagonal().add_(l2)
    invert_(weights)
    weights /= -weights.diagonal().clone()  # B_ji = -P_ji / P_ii
    return weights.fill_diagonal_(0.0)
