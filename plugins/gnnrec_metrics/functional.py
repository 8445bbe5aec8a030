"""Ranking metrics as functions of the top k.

Arguments, in all of them: `relevant` bool [Q, k], whether each recommended item is relevant, best first; `total`
int64 [Q], how many items are relevant to each user, at least 1; `items` int64 [Q, k], the recommended items, -1 where a
user has fewer than k left; `popularity` int64 [I], training interactions of each item.
"""

from __future__ import annotations

import torch
from torch import Tensor


def recall(relevant: Tensor, total: Tensor) -> Tensor:
    """Relevant items found, divided by the number of relevant items: float32 [Q].

    >>> recall(torch.tensor([[True, False]]), torch.tensor([4]))
    tensor([0.2500])
    """
    return relevant.sum(dim=1) / total


def precision(relevant: Tensor) -> Tensor:
    """Relevant items found, divided by k, also where fewer than k are recommended: float32 [Q].

    >>> precision(torch.tensor([[True, False]]))
    tensor([0.5000])
    """
    return relevant.sum(dim=1) / relevant.size(1)


def hit(relevant: Tensor) -> Tensor:
    """One where a relevant item is found: float32 [Q].

    >>> hit(torch.tensor([[False, True], [False, False]]))
    tensor([1., 0.])
    """
    return relevant.any(dim=1).float()


def reciprocal_rank(relevant: Tensor) -> Tensor:
    """One over the place of the first relevant item, zero if there is none: float32 [Q].

    >>> reciprocal_rank(torch.tensor([[False, True, True]]))
    tensor([0.5000])
    """
    place = torch.arange(1, relevant.size(1) + 1, device=relevant.device)
    return (relevant / place).amax(dim=1)


def average_precision(relevant: Tensor, total: Tensor) -> Tensor:
    """Precision at each relevant item's place, summed, divided by min(k, total): float32 [Q].

    >>> average_precision(torch.tensor([[True, False, True]]), torch.tensor([2]))
    tensor([0.8333])
    """
    place = torch.arange(1, relevant.size(1) + 1, device=relevant.device)
    at_hits = (relevant.cumsum(dim=1) / place) * relevant
    return at_hits.sum(dim=1) / total.clamp(max=relevant.size(1))


def ndcg(relevant: Tensor, total: Tensor) -> Tensor:
    """Discounted gain 1 / log2(place + 1), summed, divided by that of the best list of min(k, total): float32 [Q].

    >>> ndcg(torch.tensor([[False, True]]), torch.tensor([1]))
    tensor([0.6309])
    """
    discount = 1.0 / torch.log2(torch.arange(2, relevant.size(1) + 2, device=relevant.device))
    ideal = discount.cumsum(dim=0)[total.clamp(max=relevant.size(1)) - 1]
    return (relevant * discount).sum(dim=1) / ideal


def coverage(items: Tensor, num_items: int) -> Tensor:
    """Share of all items that are recommended to anybody: a scalar.

    >>> coverage(torch.tensor([[0, 1], [1, -1]]), 4)
    tensor(0.5000)
    """
    return (_counts(items, num_items) > 0).float().mean()


def novelty(items: Tensor, popularity: Tensor, num_users: int) -> Tensor:
    """Mean self-information of what is recommended, in bits: -log2((n_i + 1) / (U + 1)), float32 [Q].

    >>> novelty(torch.tensor([[0]]), torch.tensor([1]), 3)
    tensor([1.])
    """
    information = -torch.log2((popularity + 1.0) / (num_users + 1.0))
    return _mean_over_list(information, items)


def mean_popularity(items: Tensor, popularity: Tensor) -> Tensor:
    """Mean number of training interactions of what is recommended: float32 [Q].

    >>> mean_popularity(torch.tensor([[0, 1]]), torch.tensor([10, 20]))
    tensor([15.])
    """
    return _mean_over_list(popularity.float(), items)


def personalization(items: Tensor, num_items: int) -> Tensor:
    """One minus the mean share of a list that two users' lists have in common, over all pairs of users: a scalar.

    Counted by item, Σ n_i (n_i - 1) / (Q (Q - 1) k), so no pair of users is looked at.

    >>> personalization(torch.tensor([[0, 1], [0, 2]]), 3)
    tensor(0.5000)
    """
    users, k = items.shape
    counts = _counts(items, num_items).double()
    pairs = max(1, users * (users - 1))
    return (1.0 - (counts * (counts - 1.0)).sum() / (pairs * k)).float()


def _counts(items: Tensor, num_items: int) -> Tensor:
    """How many lists each item is in: int64 [I]."""
    return torch.bincount(items[items >= 0], minlength=num_items)


def _mean_over_list(values: Tensor, items: Tensor) -> Tensor:
    """Mean of values [I] over each user's list: float32 [Q]; zero for an empty list."""
    there = items >= 0
    return (values[items.clamp(min=0)] * there).sum(dim=1) / there.sum(dim=1).clamp(min=1)
