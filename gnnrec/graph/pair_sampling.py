"""Draws from the pairs that are not known, uniform or weighted by item, exact and without rejection.

The pairs that are not known are numbered in order. To find the one with number r, one needs how many known keys
lie before it; with the known keys k_0 < k_1 < … that is the number of j with k_j - j ≤ r, a binary search. So each
draw is one search, whoever has seen almost everything is served as fast as anyone, and no draw is ever repeated.

With whole-number weights of items an item is as many numbers in a row as its weight says, and a second search, in the
cumulative weights, tells which item a number belongs to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor, nn

from gnnrec.errors import ContractError, DataError

if TYPE_CHECKING:
    from gnnrec.data.edges import Edges

RANDOM_BITS = 2**62

POPULARITY_TOTAL = 2**40
"""What popularity weights add up to at the most: so fine that rounding them is lost in any number of draws."""

LIMB = 31
"""Bits of a half of a 62-bit number."""


class UnknownPairs(nn.Module):
    """Everything but the known pairs, ready to be drawn from.

    Args:
        known: The pairs never to draw; duplicates do no harm.
        weights: int64 [I], each at least 1: an item is drawn in proportion to its weight. Without them all are alike.

    Attributes:
        num_unknown: How many pairs can be drawn.

    Raises:
        DataError: Every possible pair is known.
        ContractError: The weights are not int64 [I], one is below 1, or users times their total reaches 2^62.
    """

    gaps: Tensor  # [K], unknown weight before each known pair
    row_gaps: Tensor  # [K], the same counted within the pair's user, plus all weight of the users before
    known_before: Tensor | None  # [K + 1], weight of the first j known pairs; None where that is j
    known_before_user: Tensor  # [U], weight of the known pairs of all users before
    unknown_per_user: Tensor  # [U], weight of what each user does not know
    ends: Tensor | None  # [I], cumulative weights; None where they are 1, 2, …

    def __init__(self, known: Edges, weights: Tensor | None = None) -> None:
        super().__init__()
        self.num_users, self.num_items = known.num_users, known.num_items
        keys, users, items = _in_order(known)
        self.num_unknown = self.num_users * self.num_items - len(keys)
        if self.num_unknown == 0:
            raise DataError(
                "every user has interacted with every item: there are no negatives, and nothing to recommend; take "
                "data of more items, or count fewer of the interactions (filters)"
            )
        degree = torch.bincount(users, minlength=self.num_users)  # [U]
        first = degree.cumsum(0) - degree  # [U], each user's first known key
        if weights is None:
            self.total, ends, known_before = self.num_items, None, None
            gaps, known_before_user, known_of_user = keys - torch.arange(len(keys)), first, degree
        else:
            weights = _checked(weights, known).cpu()
            ends = weights.cumsum(0)
            self.total = int(ends[-1])
            known_before = torch.cat([torch.zeros(1, dtype=torch.int64), weights[items].cumsum(0)])
            known_before_user = known_before[first]
            known_of_user = known_before[first + degree] - known_before_user
            starts = users * self.total + ends[items] - weights[items]  # of each known pair
            gaps = starts - known_before[:-1]
        self._someone_knows_all = bool((known_of_user == self.total).any())  # asked once: on a device it is waited for
        self.unknown_weight = self.num_users * self.total - int(known_of_user.sum())
        for name, table in (
            ("gaps", gaps),
            ("row_gaps", gaps + known_before_user[users]),
            ("known_before", known_before),
            ("known_before_user", known_before_user),
            ("unknown_per_user", self.total - known_of_user),
            ("ends", ends),
        ):
            self.register_buffer(name, table, persistent=False)

    def draw_pairs(self, shape: tuple[int, ...], generator: Generator) -> tuple[Tensor, Tensor]:
        """Draw users and items over all unknown pairs, in proportion to the item's weight: two int64 of `shape`."""
        device = self.gaps.device
        if self.ends is None:
            rank = torch.randint(self.num_unknown, shape, generator=generator, device=device)
        else:
            bits = torch.randint(RANDOM_BITS, shape, generator=generator, device=device)
            rank = share_of(self.unknown_weight, bits)
        place = rank + self._known_before(torch.searchsorted(self.gaps, rank, right=True))
        return place // self.total, self._item_at(place % self.total)

    def draw_items(self, users: Tensor, generator: Generator) -> Tensor:
        """Draw for each user an item that the user does not know, in proportion to its weight: int64 like `users`.

        Raises:
            DataError: One of the users knows every item.
        """
        unknown = self.unknown_per_user[users]
        if self._someone_knows_all and (unknown == 0).any():
            count = len(torch.unique(users[unknown == 0]))
            raise DataError(
                f"{count} users have interacted with every item, so no negative keeps the user; "
                "use negatives.corrupt: pair, or a split that leaves them something unseen"
            )
        bits = torch.randint(RANDOM_BITS, users.shape, generator=generator, device=users.device)
        # 62 random bits modulo a few thousand: the bias is below 1e-12. Weights add up to too much for that.
        rank = bits % unknown if self.ends is None else share_of(unknown, bits)
        # Among the user's own known keys, those before the item that has this rank among the unknown ones.
        before = torch.searchsorted(self.row_gaps, users * self.total + rank, right=True)
        return self._item_at(rank + self._known_before(before) - self.known_before_user[users])

    def _known_before(self, count: Tensor) -> Tensor:
        """Weight of the first `count` known pairs."""
        return count if self.known_before is None else self.known_before[count]

    def _item_at(self, place: Tensor) -> Tensor:
        """The item that a number below the total weight belongs to."""
        return place if self.ends is None else torch.searchsorted(self.ends, place, right=True)


def popularity_weights(known: Edges, exponent: float) -> Tensor:
    """Whole-number weights of items in proportion to count ** exponent, count being an item's edges: int64 [I].

    word2vec draws its negatives so, with exponent 0.75 (Mikolov et al. 2013). The smallest weight is 1 in a total of
    up to 2^40, so an item nobody has touched is practically drawn only for users who know all others.

    Args:
        known: The edges that are counted.
        exponent: At least 0; 0 makes all items alike.

    >>> import numpy as np
    >>> from gnnrec import Edges
    >>> weights = popularity_weights(Edges(np.array([0, 1, 1]), np.array([0, 0, 1]), 2, 3), 1.0)
    >>> weights / weights.sum()
    tensor([6.6667e-01, 3.3333e-01, 9.0949e-13])
    """
    counts = torch.bincount(torch.from_numpy(known.items), minlength=known.num_items).double()
    share = (counts / counts.max().clamp(min=1)) ** exponent
    total = min(POPULARITY_TOTAL, (RANDOM_BITS - 1) // known.num_users)
    # Rounded down, with one more for each item kept back: so the total holds whatever is raised to 1.
    weights = (share * ((total - known.num_items) / share.sum().clamp(min=1))).long()
    return weights.clamp(min=1)


def share_of(whole: Tensor | int, bits: Tensor) -> Tensor:
    """⌊whole · bits / 2^62⌋, which is uniform below `whole` where `bits` is uniform below 2^62.

    Other than a remainder it is fair to large numbers too: each *run* of w results is hit with a frequency within
    2^-62 of w / whole. The product has 124 bits, so it is put together from halves of 31.

    Args:
        whole: int64 (or a number), at least 0 and below 2^62.
        bits: int64, at least 0 and below 2^62; the two broadcast.

    >>> share_of(10, torch.tensor([0, 2**61, 2**62 - 1]))
    tensor([0, 5, 9])
    """
    mask = 2**LIMB - 1
    high, low = whole >> LIMB, whole & mask
    bits_high, bits_low = bits >> LIMB, bits & mask
    carried: Tensor = (high * bits_low + low * bits_high + ((low * bits_low) >> LIMB)) >> LIMB
    return high * bits_high + carried


def _in_order(known: Edges) -> tuple[Tensor, Tensor, Tensor]:
    """Keys, users and items of the pairs, each pair once and ascending: three int64 [K]."""
    keys = torch.from_numpy(known.keys)
    if bool((keys[1:] > keys[:-1]).all()):
        return keys, torch.from_numpy(known.users), torch.from_numpy(known.items)
    keys = torch.unique(keys)
    return keys, keys // known.num_items, keys % known.num_items


def _checked(weights: Tensor, known: Edges) -> Tensor:
    if weights.dtype != torch.int64 or weights.shape != (known.num_items,):
        raise ContractError(
            f"weights of items are int64 [{known.num_items}]; got {weights.dtype} {list(weights.shape)}"
        )
    if weights.min() < 1:
        raise ContractError(f"weights of items are at least 1; the smallest is {int(weights.min())}")
    total = float(weights.double().sum())  # in floating point, where nothing overflows
    if known.num_users * total >= RANDOM_BITS:
        raise ContractError(
            f"weights of items may add up to less than 2^62 / {known.num_users} users; they add up to {total:g}"
        )
    return weights
