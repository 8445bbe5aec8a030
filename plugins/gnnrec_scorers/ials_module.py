"""Factors of users solved from their histories, as a module."""

from __future__ import annotations

import torch
from torch import Tensor, nn

USERS_AT_ONCE = 64
"""Users that are solved together; bounds memory to [64, longest history, f]."""


class IALSModule(nn.Module):
    """score(u, i) = <x_u, y_i>, x_u by equation 4 of Hu, Koren and Volinsky 2008.

    Args:
        item_factors: float32 [I, f], the y_i.
        regularization: λ.
        alpha: An item of the history weighs 1 + alpha.
    """

    item_factors: Tensor
    gram: Tensor

    def __init__(self, item_factors: Tensor, regularization: float, alpha: float) -> None:
        super().__init__()
        self.regularization, self.alpha = regularization, alpha
        self.register_buffer("item_factors", item_factors)
        gram = item_factors.T @ item_factors
        gram.diagonal().add_(regularization)
        self.register_buffer("gram", gram, persistent=False)

    def forward(self, histories: Tensor) -> Tensor:
        """Score all items: CSR [B, I] → [B, I]."""
        return self.user_factors(histories) @ self.item_factors.T

    def user_factors(self, histories: Tensor) -> Tensor:
        """Solve (YᵀY + λ + alpha · Σ y_i y_iᵀ) x_u = (1 + alpha) · Σ y_i, i over the history: CSR [B, I] → [B, f]."""
        start, items = histories.crow_indices()[:-1], histories.col_indices()
        lengths = histories.crow_indices().diff()
        solved = self.item_factors.new_empty(len(lengths), self.item_factors.size(1))
        # Users with histories of about the same length go together, so that little is filled up.
        for users in torch.split(lengths.argsort(), USERS_AT_ONCE):
            place = torch.arange(int(lengths[users].max()), device=items.device)
            there = place < lengths[users, None]  # [b, L]
            known = self.item_factors[items[(start[users, None] + place) * there]] * there[:, :, None]  # [b, L, f]
            left = torch.baddbmm(self.gram.expand(len(users), -1, -1), known.mT, known, alpha=self.alpha)
            right = known.sum(dim=1).mul_(1.0 + self.alpha)
            solved[users] = torch.linalg.solve(left, right)
        return solved
