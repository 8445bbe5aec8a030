"""Uniform draws from the pairs that are not known, exact and without rejection.

The pairs that are not known are numbered in order. To find the one with number r, one needs how many known keys
lie before it; with the known keys k_0 < k_1 < … that is the number of j with k_j - j ≤ r, a binary search. So each
draw is one search, whoever has seen almost everything is served as fast as anyone, and no draw is ever repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor, nn

from gnnrec.errors import DataError

if TYPE_CHECKING:
    from gnnrec.interactions import Edges

RANDOM_BITS = 2**62


class UnknownPairs(nn.Module):
    """Everything but the known pairs, ready to be drawn from.

    Args:
        known: The pairs never to draw; duplicates do no harm.

    Raises:
        DataError: Every possible pair is known.
    """

    keys: Tensor
    gaps: Tensor
    row_gaps: Tensor
    unknown_per_user: Tensor

    def __init__(self, known: Edges) -> None:
        super().__init__()
        self.num_users, self.num_items = known.num_users, known.num_items
        keys = torch.unique(torch.from_numpy(known.keys))  # sorted, [K]
        self.num_unknown = self.num_users * self.num_items - len(keys)
        if self.num_unknown == 0:
            raise DataError("every user has interacted with every item: there are no negatives")
        degree = torch.bincount(keys // self.num_items, minlength=self.num_users)  # [U]
        rank_in_row = torch.arange(len(keys)) - (degree.cumsum(0) - degree)[keys // self.num_items]
        self.register_buffer("keys", keys, persistent=False)
        self.register_buffer("gaps", keys - torch.arange(len(keys)), persistent=False)
        self.register_buffer("row_gaps", keys - rank_in_row, persistent=False)
        self.register_buffer("unknown_per_user", self.num_items - degree, persistent=False)

    def draw_pairs(self, shape: tuple[int, ...], generator: Generator) -> tuple[Tensor, Tensor]:
        """Draw users and items, uniformly over all unknown pairs: two int64 of `shape`."""
        device = self.gaps.device
        rank = torch.randint(self.num_unknown, shape, generator=generator, device=device)
        keys = rank + torch.searchsorted(self.gaps, rank, right=True)
        return keys // self.num_items, keys % self.num_items

    def draw_items(self, users: Tensor, generator: Generator) -> Tensor:
        """Draw an item for each user, uniformly over what that user does not know: int64, shaped as `users`.

        Raises:
            DataError: One of the users knows every item.
        """
        unknown = self.unknown_per_user[users]
        if (unknown == 0).any():
            count = len(torch.unique(users[unknown == 0]))
            raise DataError(
                f"{count} users have interacted with every item, so no negative keeps the user; "
                "use negatives.corrupt: pair, or a split that leaves them something unseen"
            )
        # 62 random bits modulo a few thousand: the bias is below 1e-12.
        bits = torch.randint(RANDOM_BITS, users.shape, generator=generator, device=users.device)
        rank = bits % unknown
        row = users * self.num_items
        # Among the user's own known keys, those before the item that has this rank among the unknown ones.
        before = torch.searchsorted(self.row_gaps, row + rank, right=True)
        first = torch.searchsorted(self.keys, row)
        return rank + before - first
