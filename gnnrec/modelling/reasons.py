"""What of a history carried a score: its items' shares where a score is a sum of such, or what each takes away."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from gnnrec.data.edges import Edges

if TYPE_CHECKING:
    from collections.abc import Callable

    Score = Callable[[Edges], Tensor]
    """Histories of B users to the scores of all items, float32 [B, I]; a name for annotations."""

SHARES = "the share of each item in the score, which is the sum of them and of what is the user's own"
LEFT_OUT = "what the score loses without the item"
ALIKE = "how similar the item is to the recommended one"

AT_ONCE = 64
"""Histories that are scored at once."""

MOST_LEFT_OUT = 200
"""Items of a history that are left out one by one, the latest: each time all others are scored again."""

TOLERANCE = 1e-4
"""How far a sum of shares may be from the score, of the largest score."""


class Carried(NamedTuple):
    """What carried some scores.

    Attributes:
        weights: float32 [H, n], of each item of the history for each score; 0 for those that were not looked at.
        how: What a weight is, in words.
    """

    weights: Tensor
    how: str


def shares_of(score: Score, history: Edges, items: Tensor, whole: Tensor) -> Carried | None:
    """What each item alone is scored, where that adds up to the score of all together; None where it does not.

    Args:
        score: Scores histories.
        history: Of one user.
        items: int64 [n], whose scores are asked about.
        whole: float32 [n], their scores.
    """
    count = len(history)
    nothing = score(history.keep(np.zeros(0, np.int64)))[0, items]
    alone = [
        score(_singles(history, np.arange(start, min(start + AT_ONCE, count))))[:, items] - nothing
        for start in range(0, count, AT_ONCE)
    ]
    weights = torch.cat([whole.new_zeros(0, len(items)), *alone])
    return Carried(weights, SHARES) if adds_up(weights.sum(dim=0) + nothing, whole) else None


def left_out(score: Score, history: Edges, items: Tensor, whole: Tensor) -> Carried:
    """What each score loses without each item of the history, of which the latest are looked at.

    Args:
        score: Scores histories.
        history: Of one user.
        items: int64 [n], whose scores are asked about.
        whole: float32 [n], their scores.
    """
    count = len(history)
    latest = np.arange(count) if history.time is None else np.argsort(history.time, kind="stable")
    weights = whole.new_zeros(count, len(items))
    chosen = latest[-MOST_LEFT_OUT:]
    for start in range(0, len(chosen), AT_ONCE):
        some = chosen[start : start + AT_ONCE]
        weights[torch.from_numpy(some)] = whole - score(_without_each(history, some))[:, items]
    return Carried(weights, LEFT_OUT)


def adds_up(found: Tensor, whole: Tensor) -> bool:
    """Whether sums are the scores, but for rounding."""
    return bool((found - whole).abs().max() <= TOLERANCE * (1e-6 + whole.abs().max())) if len(whole) else True


def _singles(history: Edges, places: np.ndarray) -> Edges:
    """A user for each place, with that item alone."""
    return _of_users(history.keep(places), np.arange(len(places)), len(places))


def _without_each(history: Edges, places: np.ndarray) -> Edges:
    """A user for each place, with all items but that one."""
    count = len(history)
    users, kept = np.nonzero(np.arange(count) != places[:, None])
    return _of_users(history.keep(kept), users, len(places))


def _of_users(edges: Edges, users: np.ndarray, count: int) -> Edges:
    return Edges(users.astype(np.int64), edges.items, count, edges.num_items, edges.time, edges.weight)
