"""For whom and for what a recommender is good: its metrics by users' activity and by items' popularity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from gnnrec.data.bins import quantile_bins
from gnnrec.data.ranked_lists import RankedLists

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from gnnrec.data.bins import Bins
    from gnnrec.data.edges import Edges, IdArray

GROUPS = 5
"""How many groups of users, and of items, are told apart; besides the cold ones."""

COLD = "cold"
"""The label of those without a training interaction."""


@dataclass(frozen=True)
class Group:
    """Users of like activity, or items of like popularity.

    Attributes:
        label: How many training interactions each of them has, `3 to 7`; or `cold`.
        users: How many users the means are over.
        interactions: How many held-out interactions these have, with items of the group where it is one of items.
        metrics: By name, the mean over these users.
    """

    label: str
    users: int
    interactions: int
    metrics: dict[str, float]


@dataclass(frozen=True)
class Groups:
    """All of a held-out part, from little known to well known.

    Attributes:
        activity: By users' training interactions; groups hold about equally many users.
        popularity: By items' training interactions; groups hold about equally many held-out interactions.
    """

    activity: list[Group]
    popularity: list[Group]


def by_activity(lists: RankedLists, training: IdArray, values: Mapping[str, Tensor]) -> list[Group]:
    """Means over users of like activity.

    Args:
        lists: Of Q users.
        training: int64 [U], each user's training interactions.
        values: By metric, a value per user of the lists: float64 [Q].
    """
    bins = quantile_bins(training[lists.users.numpy()], GROUPS)
    found = []
    for place, label in enumerate(_labels(bins)):
        of = torch.from_numpy(bins.of == place)
        means = {name: value[of].mean().item() for name, value in values.items()}
        found.append(Group(label, int(of.sum()), int(lists.num_relevant[of].sum()), means))
    return found


def by_popularity(
    lists: RankedLists,
    held_out: Edges,
    training: IdArray,
    measure: Callable[[RankedLists], Mapping[str, Tensor]],
) -> list[Group]:
    """What the same lists are worth where only items of like popularity are relevant.

    Users who have no such item are left out. What is ranked stays the same.

    Args:
        lists: Of all users with held-out interactions.
        held_out: These interactions.
        training: int64 [I], each item's training interactions.
        measure: Gives by metric a value per user of some lists.
    """
    bins = quantile_bins(training[held_out.items], GROUPS)
    group = np.zeros(held_out.num_items, np.int64)
    group[held_out.items] = bins.of
    listed = torch.from_numpy(group)[lists.items]  # whatever stands for other items: they are not relevant
    found = []
    for place, label in enumerate(_labels(bins)):
        users = held_out.users[bins.of == place]
        relevant = torch.from_numpy(np.bincount(users, minlength=held_out.num_users))[lists.users]
        of = relevant > 0
        some = RankedLists(lists.users[of], lists.items[of], lists.relevant[of] & (listed[of] == place), relevant[of])
        means = {name: value.mean().item() for name, value in measure(some).items()}
        found.append(Group(label, len(some.users), len(users), means))
    return found


def _labels(bins: Bins) -> list[str]:
    return [COLD if high == 0 else label for label, (_, high) in zip(bins.labels, bins.bounds, strict=True)]
