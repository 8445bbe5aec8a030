"""For whom and for what a run is good: metrics by users' activity and by items' popularity, and its scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from gnnrec.data.edges import Edges
from gnnrec.evaluation.link import held_out_pairs
from gnnrec.evaluation.ranking import RankingTask
from gnnrec.report.distributions import Histogram, histogram, quantile_bins

if TYPE_CHECKING:
    from gnnrec.data.edges import IdArray
    from gnnrec.report.subject import Subject

METRICS = ("recall", "ndcg")
"""What is shown by users' activity, where the recipe asks for it."""

GROUPS = 5
"""How many groups of users, and of items, are told apart."""

RANKED_USERS = 5000
"""Up to how many users are ranked once more to see which items are found."""

SCORED_PAIRS = 20_000
"""Up to how many test positives, with their negatives, are scored once more."""

SCORE_BINS = 60


@dataclass(frozen=True)
class Grouped:
    """Metrics of groups, from few training interactions to many.

    Attributes:
        labels: Training interactions of each group's users or items.
        sizes: How many users, or test interactions, each group's mean is taken over.
        means: By metric, the mean of each group.
    """

    labels: list[str]
    sizes: list[int]
    means: dict[str, list[float]]


def by_activity(subject: Subject, k: int) -> Grouped | None:
    """Test metrics at k by users' training interactions; None where the recipe asks for none of `METRICS`."""
    names = [name for metric in METRICS if (name := f"{metric}@{k}") in subject.per_user]
    if not names:
        return None
    train = subject.split.edges("train")
    counts = np.bincount(train.users, minlength=train.num_users)[subject.per_user["user"].to_numpy()]
    bins = quantile_bins(counts, GROUPS)
    means = {name: bins.mean(subject.per_user[name].to_numpy(np.float64)) for name in names}
    return Grouped(bins.labels, bins.sizes.tolist(), means)


def by_popularity(subject: Subject, k: int) -> Grouped:
    """The share of test interactions that are among their user's first k, by the item's training interactions.

    Groups hold about equally many test interactions, not items: most items have next to none.
    """
    split = subject.split
    train, seen = split.edges("train"), split.known("test")
    test = _of_some_users(split.edges("test"), RANKED_USERS)
    lists = RankingTask(test, seen).rank(subject.scoring.score, k)
    users = lists.users[:, None].expand_as(lists.items)[lists.relevant].numpy()
    found = users * test.num_items + lists.items[lists.relevant].numpy()
    popularity = np.bincount(train.items, minlength=train.num_items)
    bins = quantile_bins(popularity[test.items], GROUPS)
    hits = np.isin(test.keys, found).astype(np.float64)
    return Grouped(bins.labels, bins.sizes.tolist(), {f"recall@{k}": bins.mean(hits)})


def score_distribution(subject: Subject) -> Histogram:
    """Scores of test positives and of their evaluation negatives."""
    recipe = subject.recipe
    pairs = held_out_pairs(subject.split, "test", recipe.split.seed, recipe.evaluation.negatives)
    positives, negatives = pairs.divide(torch.arange(pairs.edge_label_index.size(1)))
    some = torch.from_numpy(_evenly(np.arange(len(positives)), SCORED_PAIRS))
    taken = torch.cat([positives[some], negatives[some].flatten()])
    scores = subject.scoring.score_pairs(pairs.edge_label_index[:, taken].to(subject.scoring.device))
    of_pairs = scores.double().cpu().numpy()
    return histogram({"test positives": of_pairs[: len(some)], "negatives": of_pairs[len(some) :]}, SCORE_BINS)


def _of_some_users(edges: Edges, most: int) -> Edges:
    """The edges of all users that have any, or of `most` of them."""
    chosen = np.isin(edges.users, _evenly(np.unique(edges.users), most))
    return Edges(edges.users[chosen], edges.items[chosen], edges.num_users, edges.num_items)


def _evenly(values: IdArray, most: int) -> IdArray:
    """All values, or `most` of them at even distances."""
    return values if len(values) <= most else values[np.linspace(0, len(values) - 1, most).round().astype(np.int64)]
