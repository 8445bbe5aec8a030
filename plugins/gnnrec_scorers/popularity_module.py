"""One score per item, as a module."""

from __future__ import annotations

from torch import Tensor, nn


class PopularityModule(nn.Module):
    """Gives every user the same scores.

    Args:
        popularity: float32 [I].
    """

    popularity: Tensor

    def __init__(self, popularity: Tensor) -> None:
        super().__init__()
        self.register_buffer("popularity", popularity)

    def forward(self, histories: Tensor) -> Tensor:
        """Score all items: CSR [B, I] → [B, I]; of the histories only B counts."""
        return self.popularity.repeat(histories.size(0), 1)
