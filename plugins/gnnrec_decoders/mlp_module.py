"""The multilayer perceptron as a module."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from gnnrec.data.size import BLOCK_CELLS

if TYPE_CHECKING:
    from collections.abc import Sequence


class MLPDecoder(nn.Module):
    """f(A e_u + B e_i + b), f the layers after the first, which is linear in both and so taken once for each node.

    Args:
        channels: D.
        hidden: Sizes of the hidden layers.
    """

    def __init__(self, channels: int, hidden: Sequence[int]) -> None:
        super().__init__()
        self.of_user = nn.Linear(channels, hidden[0])
        self.of_item = nn.Linear(channels, hidden[0], bias=False)
        layers: list[nn.Module] = [nn.ReLU()]
        for before, after in zip(hidden, (*hidden[1:], 1), strict=True):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.rest = nn.Sequential(*layers[:-1])
        self._widest = max(hidden)

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        """Score aligned pairs: user [E, D], item [E, D] → [E]."""
        scores: Tensor = self.rest(self.of_user(user) + self.of_item(item))
        return scores.squeeze(-1)

    def score_all(self, user: Tensor, item: Tensor) -> Tensor:
        """Score every item for each user: user [B, D], item [I, D] → [B, I].

        In blocks of pairs, whose hidden layers are computed again in the backward pass rather than kept.
        """
        users, items = self.of_user(user), self.of_item(item)
        width = max(1, min(len(items), BLOCK_CELLS // self._widest))
        height = max(1, BLOCK_CELLS // (self._widest * width))
        return torch.cat(
            [
                torch.cat([self._block(of_user, of_item) for of_item in items.split(width)], dim=1)
                for of_user in users.split(height)
            ]
        )

    def score_pairs(self, user: Tensor, item: Tensor, edge_label_index: Tensor) -> Tensor:
        """Score pairs of the tables user [U, D] and item [I, D], int64 [2, P] → [P]; the first layer once a node."""
        users, items = edge_label_index
        scores: Tensor = self.rest(self.of_user(user)[users] + self.of_item(item)[items])
        return scores.squeeze(-1)

    def _block(self, user: Tensor, item: Tensor) -> Tensor:
        """Scores [b, c] of nodes whose first layer is given: [b, H] and [c, H]."""

        def scores(user: Tensor, item: Tensor) -> Tensor:
            found: Tensor = self.rest(user[:, None] + item)
            return found.squeeze(-1)

        if not torch.is_grad_enabled():
            return scores(user, item)
        return cast("Tensor", checkpoint(scores, user, item, use_reentrant=False))
