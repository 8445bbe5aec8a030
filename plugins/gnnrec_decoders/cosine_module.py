"""The cosine as a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn.functional import normalize

from gnnrec.graph.pair_scores import pair_dot

if TYPE_CHECKING:
    from collections.abc import Callable


class CosineDecoder(nn.Module):
    """Cosines of embeddings; an embedding of zeros has cosine zero with everything.

    >>> import torch
    >>> decoder = CosineDecoder()
    >>> user, item = torch.tensor([[2.0, 0.0]]), torch.tensor([[3.0, 0.0], [0.0, 1.0]])
    >>> decoder.score_all(user, item)
    tensor([[1., 0.]])
    """

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        """Score aligned pairs: user [E, D], item [E, D] → [E]."""
        return (normalize(user) * normalize(item)).sum(-1)

    def score_all(self, user: Tensor, item: Tensor) -> Tensor:
        """Score every item for each user: user [B, D], item [I, D] → [B, I]."""
        return normalize(user) @ normalize(item).T

    def over_items(self, item: Tensor) -> Callable[[Tensor], Tensor]:
        """`score_all` over items [I, D] whose lengths are taken once."""
        unit = normalize(item).T
        return lambda user: normalize(user) @ unit

    def score_pairs(self, user: Tensor, item: Tensor, edge_label_index: Tensor) -> Tensor:
        """Score pairs of the tables user [U, D] and item [I, D] without copying rows: int64 [2, P] → [P]."""
        return pair_dot(normalize(user), normalize(item), edge_label_index)
