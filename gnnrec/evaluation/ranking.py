"""Full ranking: every candidate is scored for every user, seen items are masked, ties go to the lower index."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from gnnrec.data.ranked_lists import NO_ITEM, RankedLists
from gnnrec.modelling.score_rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnnrec.data.edges import Edges
    from gnnrec.evaluation.candidates import Candidates


MANY_TIES = 8
"""From so many times k items of a row on that tie for the last place or are above, they are not listed one by one."""

RUN = 64
"""Neighbouring items of a long row, of which the highest is looked at first."""

MANY_RUNS = 8
"""From so many times k runs on a row is long, and `topk` over all of it takes longer than over the best of them."""


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
        self._relevant_keys = torch.from_numpy(relevant.sorted()[0].keys)
        self._num_relevant = torch.bincount(torch.from_numpy(relevant.users), minlength=relevant.num_users)
        self.users = self._num_relevant.nonzero()[:, 0]

    def rank(self, score: Callable[[Tensor], Tensor], k: int) -> RankedLists:
        """Rank with `score`, which gives float [B, I] for int64 [B] users; in blocks, so memory is bounded."""
        best = BestItems(self, k)
        read_rows(score, self.seen.num_items, [best])
        return best.lists()

    def judged(self, items: Tensor) -> RankedLists:
        """Rankings of items, int64 [Q, k] for `users`, with what is relevant in them; -1 is no item."""
        num_items = self.seen.num_items
        keys = self.users[:, None] * num_items + items
        at = torch.searchsorted(self._relevant_keys, keys).clamp_(max=len(self._relevant_keys) - 1)
        relevant = (self._relevant_keys[at] == keys) & (items != NO_ITEM)
        return RankedLists(self.users, items, relevant, self._num_relevant[self.users])

    def mask(self, users: Tensor, scores: Tensor) -> None:
        """Make scores [B, I] of users int64 [B] -inf, in place, at what each has seen."""
        rows, seen = self.seen.items_of(users.numpy())
        scores[torch.from_numpy(rows).to(scores.device), torch.from_numpy(seen).to(scores.device)] = -torch.inf


class BestItems:
    """Reads off scores what is at the top of each user's ranking; see `score_rows.Reader`.

    Args:
        task: What is ranked.
        k: How many places are looked at.

    Attributes:
        users: Those of the task.
    """

    def __init__(self, task: RankingTask, k: int) -> None:
        self._task, self._k, self.users = task, min(k, task.seen.num_items), task.users
        self._items = torch.empty(len(self.users), self._k, dtype=torch.int64)
        self._level = torch.empty(len(self.users), dtype=torch.bool)

    def read(self, users: Tensor, scores: Tensor) -> None:
        """Rank for some users; what they have seen and what is no candidate is masked."""
        self._task.mask(users, scores)
        candidates = self._task.candidates
        if candidates is not None:
            scores.masked_fill_(torch.from_numpy(candidates.others(users.numpy())).to(scores.device), -torch.inf)
        values, items = top_items(scores, self._k)
        none = values == -torch.inf
        last = values.masked_fill(none, torch.inf).amin(dim=1)
        level = ((~none).sum(dim=1) > 1) & (values[:, 0] == last)
        places = torch.searchsorted(self.users, users)
        self._items[places], self._level[places] = items.masked_fill_(none, NO_ITEM).cpu(), level.cpu()

    def lists(self) -> RankedLists:
        """The rankings, and which of them are of one score alone; once all users are read."""
        return replace(self._task.judged(self._items), level=self._level)


class ListwiseLoss:
    """Reads off scores a listwise loss of what is relevant, seen items taken out; see `score_rows.Reader`.

    Args:
        task: What is relevant, and seen.
        loss: Of scores [B, I] and positives int64 [2, P] (row, item): a mean over the positives.

    Attributes:
        users: Those of the task.
    """

    def __init__(self, task: RankingTask, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
        self._task, self._loss, self._total, self.users = task, loss, 0.0, task.users

    def read(self, users: Tensor, scores: Tensor) -> None:
        """Add that of some users; what they have seen is masked."""
        self._task.mask(users, scores)
        rows, items = self._task.relevant.items_of(users.numpy())
        positives = torch.from_numpy(np.stack([rows, items])).to(scores.device)
        self._total += float(self._loss(scores, positives)) * len(rows)

    def mean(self) -> float:
        """Over all relevant interactions, once all users are read."""
        return self._total / len(self._task.relevant)


def top_items(scores: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k highest scores of each row and their places, both [B, k]; of equal scores the lower index comes first.

    Args:
        scores: float [B, I], without NaN.
        k: At most I.

    >>> top_items(torch.tensor([[1.0, 3.0, 3.0, 1.0]]), 3)[1]
    tensor([[1, 2, 0]])
    """
    # One more than asked for shows where a tie runs across the end of the list.
    values, items = _highest(scores, min(k + 1, scores.size(1)))
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


def _highest(scores: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """What `topk` gives, any of the items that tie for the last place: both [B, k].

    On a CPU a long row is looked at in runs: what is highest in it lies in the k runs whose own highest are.
    """
    count = scores.size(1) // RUN
    if scores.device.type != "cpu" or count < MANY_RUNS * k:
        values, items = scores.topk(k, dim=1)
        return values, items
    runs = scores[:, : count * RUN].view(len(scores), count, RUN)
    first = runs.amax(dim=2).topk(k, dim=1, sorted=False).indices * RUN  # [B, k], where these runs begin
    places = (first[:, :, None] + torch.arange(RUN)).flatten(1)  # [B, k * RUN]
    rest = torch.arange(count * RUN, scores.size(1)).expand(len(scores), -1)
    places = torch.cat([places, rest], dim=1)
    values, at = scores.gather(1, places).topk(k, dim=1)
    return values, places.gather(1, at)


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
