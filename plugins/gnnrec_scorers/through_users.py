"""Linear autoencoders solved by a system of users by users, for data with far fewer users than items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from gnnrec import Edges
from gnnrec.graph.sparse import Structure, product
from gnnrec_scorers.block_memory import BLOCK_CELLS
from gnnrec_scorers.co_occurrence import co_occurrence

if TYPE_CHECKING:
    from torch import Tensor

LEAST_LEFT = 1e-5
"""P_ii as a share of 1 / λ_i, below which float32 scores would have fewer than two digits."""


class ThroughUsers(nn.Module):
    """score(u, i) = Σ B_ji over the items j of u's history, with B_ji = <f_j, f_i> / P_ii and B_ii = 0.

    B is never formed: scores are two products with the f.

    Args:
        factors: float32 [I, U], the f.
        diagonal: float32 [I], P_ii.
    """

    factors: Tensor
    diagonal: Tensor
    own: Tensor

    def __init__(self, factors: Tensor, diagonal: Tensor) -> None:
        super().__init__()
        self.register_buffer("factors", factors)
        self.register_buffer("diagonal", diagonal)
        self.register_buffer("own", torch.linalg.vecdot(factors, factors), persistent=False)

    def forward(self, histories: Tensor) -> Tensor:
        """Score all items: CSR [B, I] → [B, I]."""
        scores = product(histories, self.factors) @ self.factors.T
        rows = torch.arange(len(scores), device=scores.device).repeat_interleave(histories.crow_indices().diff())
        items = histories.col_indices()
        scores[rows, items] -= self.own[items]  # a history has an item once
        return scores.div_(self.diagonal)


def low_rank(train: Edges, penalties: Tensor, *, block_cells: int = BLOCK_CELLS) -> tuple[Tensor, Tensor]:
    """P = (XᵀX + D)⁻¹ as D⁻¹ - F Fᵀ, by the identity of Woodbury: F = D⁻¹ Xᵀ L⁻ᵀ with L Lᵀ = 1 + X D⁻¹ Xᵀ.

    Solved in float64, as differences of nearly equal numbers are the diagonal of P.

    Args:
        train: The interactions, X [U, I].
        penalties: float64 [I], the diagonal of D.
        block_cells: Bounds the memory; does not change the result.

    Returns:
        F, float32 [I, U], and the diagonal of P, float32 [I].

    Raises:
        torch.linalg.LinAlgError: A penalty is too small for scores in float32.
    """
    swapped = Edges(train.items, train.users, train.num_items, train.num_users)
    system = torch.empty(train.num_users, train.num_users, dtype=torch.float64)
    for users, common in co_occurrence(swapped, 1.0 / penalties, block_cells=block_cells):
        system[users] = common
    system.diagonal().add_(1.0)
    lower = torch.linalg.cholesky(system)
    inverse = torch.linalg.solve_triangular(lower, torch.eye(len(lower)).to(lower), upper=False, out=system)  # L⁻¹
    items, users = torch.from_numpy(train.items), torch.from_numpy(train.users)
    known = Structure.of(items, users, (train.num_items, train.num_users))
    factors, diagonal = torch.empty(train.num_items, train.num_users), torch.empty(train.num_items)
    for block in torch.split(torch.arange(train.num_items), max(1, block_cells // train.num_users)):
        rows = known.rows(block)
        of_block = product(rows.matrix(torch.ones(len(rows.col), dtype=torch.float64)), inverse.T)
        of_block /= penalties[block, None]
        left = 1.0 / penalties[block] - of_block.square().sum(dim=1)
        if not bool((left * penalties[block] > LEAST_LEFT).all()):
            raise torch.linalg.LinAlgError("a penalty is too small")  # type: ignore[attr-defined]
        factors[block], diagonal[block] = of_block.float(), left.float()
    return factors, diagonal
