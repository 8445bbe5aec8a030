"""Full ranking: every candidate is scored for every user, seen items are masked, ties go to the lower index."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from gnnrec.data.ranked_lists import NO_ITEM, RankedLists
from gnnrec.data.size import RANKED_CELLS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnnrec.data.edges import Edges
    from gnnrec.evaluation.candidates import Candidates


MANY_TIES = 8
"""From so many times k items of a row on that tie for the last place or are above, they are not listed one by one."""


class RankingTask:
    """Rank items for the users of a held-out part.

    Args:
        held_out: The held-out interactions.
        seen: What is masked; nothing of it is recommended.
        candidates: What is ranked, where it is not all items.

    Attributes:
        relevant: The held-out interactions with candidates; nothing else is asked about.
        users: int64 [Q], those who have any.
    """

    def __init__(self, held_out: Edges, seen: Edges, candidates: Candidates | None = None) -> None:
        self.seen, self.candidates = seen, candidates
        self.relevant = relevant = held_out if candidates is None else held_out.keep(candidates.among(held_out))
        self.users = torch.from_numpy(np.unique(relevant.users))
        self._relevant_keys = torch.from_numpy(np.unique(relevant.keys))
        self._num_relevant = torch.bincount(torch.from_numpy(relevant.users), minlength=relevant.num_users)

    def rank(self, score: Callable[[Tensor], Tensor], k: int) -> RankedLists:
        """Rank with `score`, which gives float [B, I] for int64 [B] users; in blocks, so memory is bounded."""
        num_items = self.seen.num_items
        k = min(k, num_items)
        items, level = zip(*(self._top(score, users, k) for users in self._blocks()), strict=True)
        return replace(self.judged(torch.cat(items)), level=torch.cat(level))

    def judged(self, items: Tensor) -> RankedLists:
        """Rankings of items, int64 [Q, k] for `users`, with what is relevant in them; -1 is no item."""
        num_items = self.seen.num_items
        keys = self.users[:, None] * num_items + items
        at = torch.searchsorted(self._relevant_keys, keys).clamp_(max=len(self._relevant_keys) - 1)
        relevant = (self._relevant_keys[at] == keys) & (items != NO_ITEM)
        return RankedLists(self.users, items, relevant, self._num_relevant[self.users])

    def loss(self, score: Callable[[Tensor], Tensor], loss: Callable[[Tensor, Tensor], Tensor]) -> float:
        """A listwise loss of the relevant items, seen items taken out: the mean over all relevant interactions."""
        total = 0.0
        for users in self._blocks():
            rows, items = self.relevant.items_of(users.numpy())
            scores = self._masked(score, users)
            positives = torch.from_numpy(np.stack([rows, items])).to(scores.device)
            total += float(loss(scores, positives)) * len(rows)
        return total / len(self.relevant)

    def _blocks(self) -> tuple[Tensor, ...]:
        return torch.split(self.users, max(1, RANKED_CELLS // self.seen.num_items))

    def _masked(self, score: Callable[[Tensor], Tensor], users: Tensor) -> Tensor:
        """Scores [B, I] with -inf at what each user has seen."""
        scores = score(users)
        rows, seen = self.seen.items_of(users.numpy())
        scores[torch.from_numpy(rows).to(scores.device), torch.from_numpy(seen).to(scores.device)] = -torch.inf
        return scores

    def _top(self, score: Callable[[Tensor], Tensor], users: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """The best items [B, k], and whether there are several of one score alone [B]."""
        scores = self._masked(score, users)
        if self.candidates is not None:
            others = torch.from_numpy(self.candidates.others(users.numpy()))
            scores.masked_fill_(others.to(scores.device), -torch.inf)
        values, items = top_items(scores, k)
        none = values == -torch.inf
        last = values.masked_fill(none, torch.inf).amin(dim=1)
        level = ((~none).sum(dim=1) > 1) & (values[:, 0] == last)
        return items.masked_fill_(none, NO_ITEM).cpu(), level.cpu()


def top_items(scores: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k highest scores of each row and their places, both [B, k]; of equal scores the lower index comes first.

    Args:
        scores: float [B, I], without NaN.
        k: At most I.

    >>> top_items(torch.tensor([[1.0, 3.0, 3.0, 1.0]]), 3)[1]
    tensor([[1, 2, 0]])
    """
    # One more than asked for shows where a tie runs across the end of the list.
    values, items = scores.topk(min(k + 1, scores.size(1)), dim=1)
    crossing = values[:, k] == values[:, k - 1] if values.size(1) > k else torch.zeros(0, dtype=torch.bool)
    values, items = values[:, :k], items[:, :k]
    if (values[:, 1:] == values[:, :-1]).any():
        items = items.sort(dim=1).values
        values, order = scores.gather(1, items).sort(dim=1, descending=True, stable=True)
        items = items.gather(1, order)
    if crossing.all() and len(crossing):
        return _top_across_ties(scores, values[:, -1:], k)
    if crossing.any():
        values[crossing], items[crossing] = _top_across_ties(scores[crossing], values[crossing, -1:], k)
    return values, items


def _top_across_ties(scores: Tensor, last: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The same for rows in which several items tie for the last place, whose score is `last` [B, 1]."""
    wanted = scores >= last
    if int(wanted.sum()) <= MANY_TIES * k * len(scores):
        rows, items = wanted.nonzero(as_tuple=True)  # by row, and ascending within it
        level = scores[rows, items] == last[rows, 0]
        places = level.cumsum(0)
        begins = torch.searchsorted(rows, torch.arange(len(scores), device=rows.device))
        before = (places - level.long())[begins]  # of the rows above
        above = torch.bincount(rows[~level], minlength=len(scores))
        items = items[~level | (places - before[rows] <= (k - above)[rows])].view(-1, k)
    else:
        level = scores == last
        room = k - (wanted & ~level).sum(dim=1, keepdim=True)
        items = (wanted & ~(level & (level.cumsum(dim=1, dtype=torch.int32) > room))).nonzero()[:, 1].view(-1, k)
    values, order = scores.gather(1, items).sort(dim=1, descending=True, stable=True)
    return values, items.gather(1, order)
