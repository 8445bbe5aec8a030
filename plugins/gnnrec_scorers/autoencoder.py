"""Linear autoencoders over items without self-similarity, in closed form: fitted through items or through users."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from gnnrec import UsageError
from gnnrec.graph.sparse import product
from gnnrec_scorers.block_memory import BLOCK_CELLS, fits_through_users
from gnnrec_scorers.co_occurrence import co_occurrence
from gnnrec_scorers.symmetric_inverse import invert_
from gnnrec_scorers.through_users import ThroughUsers, low_rank

if TYPE_CHECKING:
    from torch import Tensor

    from gnnrec import Edges


class ItemWeights(nn.Module):
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


def fit_autoencoder(name: str, train: Edges, l2: float, dropout: float = 0.0) -> nn.Module:
    """The B without a diagonal that minimises |X - X B|² + Σ λ_i B_ij², λ_i = l2 + dropout / (1 - dropout) · (XᵀX)_ii.

    B = 1 - P diag(P)⁻¹ with P = (XᵀX + diag(λ))⁻¹: Steck 2019, equation 8, and Steck 2020, section 3.

    Args:
        name: Of the scorer, for the message.
        train: X [U, I], a one for each interaction.
        l2: What each weight is penalised by.
        dropout: The share of a history that is hidden while it is predicted.

    Returns:
        A module that scores histories, in whichever of two forms takes less memory.

    Raises:
        UsageError: `l2` is too small for float32.
    """
    counts = torch.bincount(torch.from_numpy(train.items), minlength=train.num_items).double()
    penalties = l2 + dropout / (1.0 - dropout) * counts
    try:
        if fits_through_users(train.num_users, train.num_items):
            return ThroughUsers(*low_rank(train, penalties))
        return ItemWeights(item_weights(train, penalties))
    except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]
        raise UsageError(f"{name} cannot be solved in float32 with l2 = {l2:g}; raise scorer.l2") from error


def item_weights(train: Edges, penalties: Tensor, *, block_cells: int = BLOCK_CELLS) -> Tensor:
    """B, float32 [I, I], the only matrix of its size that is held.

    Args:
        train: The interactions.
        penalties: [I], λ.
        block_cells: Bounds the memory; does not change the result.

    Raises:
        torch.linalg.LinAlgError: A λ is too small for float32.
    """
    weights = torch.empty(train.num_items, train.num_items)
    for items, counts in co_occurrence(train, block_cells=block_cells):
        weights[items] = counts
    weights.diagonal().add_(penalties)
    invert_(weights)
    weights /= -weights.diagonal().clone()  # B_ji = -P_ji / P_ii
    return weights.fill_diagonal_(0.0)
