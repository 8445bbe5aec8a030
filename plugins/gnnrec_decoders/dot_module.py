"""The inner product as a module."""

from __future__ import annotations

from torch import Tensor, nn

from gnnrec.graph.pair_scores import pair_dot


class DotDecoder(nn.Module):
    """Inner products of embeddings.

    >>> import torch
    >>> decoder = DotDecoder()
    >>> user, item = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]])
    >>> decoder(user, item), decoder.score_all(user, item)
    (tensor([11.]), tensor([[11.]]))
    """

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        """Score aligned pairs: user [E, D], item [E, D] → [E]."""
        return (user * item).sum(-1)

    def score_all(self, user: Tensor, item: Tensor) -> Tensor:
        """Score every item for each user: user [B, D], item [I, D] → [B, I]."""
        return user @ item.T

    def score_pairs(self, user: Tensor, item: Tensor, edge_label_index: Tensor) -> Tensor:
        """Score pairs of the tables user [U, D] and item [I, D] without copying rows: int64 [2, P] → [P]."""
        return pair_dot(user, item, edge_label_index)
