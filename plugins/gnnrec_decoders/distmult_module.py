"""The weighted inner product as a module."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gnnrec.graph.pair_scores import pair_dot


class DistMultDecoder(nn.Module):
    """Σ_d e_ud r_d e_id; all weights are 1 at first.

    Args:
        channels: D.

    >>> decoder = DistMultDecoder(2)
    >>> _ = decoder.weight.data.copy_(torch.tensor([1.0, -2.0]))
    >>> decoder.score_all(torch.tensor([[2.0, 5.0]]), torch.tensor([[7.0, 3.0]])).tolist()  # 14 - 30
    [[-16.0]]
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        """Score aligned pairs: user [E, D], item [E, D] → [E]."""
        return (user * self.weight * item).sum(-1)

    def score_all(self, user: Tensor, item: Tensor) -> Tensor:
        """Score every item for each user: user [B, D], item [I, D] → [B, I]."""
        return (user * self.weight) @ item.T

    def score_pairs(self, user: Tensor, item: Tensor, edge_label_index: Tensor) -> Tensor:
        """Score pairs of the tables user [U, D] and item [I, D] without copying rows: int64 [2, P] → [P]."""
        return pair_dot(user * self.weight, item, edge_label_index)
