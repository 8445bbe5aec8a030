"""For whom and for what a run is good: metrics by users' activity and by items' popularity, and its scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from gnnrec.evaluation.link import held_out_pairs
from gnnrec.report.distributions import Histogram, histogram

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gnnrec.report.subject import Subject

METRICS = ("recall", "ndcg")
"""What is shown of groups, where the recipe asks for it."""

SCORED_PAIRS = 20_000
"""Up to how many test positives, with their negatives, are scored once more."""

SCORE_BINS = 60


@dataclass(frozen=True)
class Grouped:
    """Metrics of groups, from few training interactions to many.

    Attributes:
        labels: Training interactions of each group's users or items.
        sizes: How many users and test interactions each group's mean is taken over, in words.
        means: By metric, the mean of each group.
    """

    labels: list[str]
    sizes: list[str]
    means: dict[str, list[float]]


def grouped(groups: Sequence[Mapping[str, Any]], k: int) -> Grouped | None:
    """Groups as metrics.json holds them, by their metrics at k; None where there are none, or none of `METRICS`."""
    names = [name for metric in METRICS if groups and (name := f"{metric}@{k}") in groups[0]["metrics"]]
    if not names:
        return None
    return Grouped(
        [group["label"] for group in groups],
        [f"{group['users']:,} users, {group['interactions']:,} test interactions" for group in groups],
        {name: [group["metrics"][name] for group in groups] for name in names},
    )


def score_distribution(subject: Subject) -> Histogram:
    """Scores of test positives and of their evaluation negatives."""
    recipe = subject.recipe
    pairs = held_out_pairs(subject.split, "test", recipe.split.seed, recipe.evaluation.negatives)
    positives, negatives = pairs.divide(torch.arange(pairs.edge_label_index.size(1)))
    some = np.arange(len(positives))
    if len(some) > SCORED_PAIRS:
        some = some[np.linspace(0, len(some) - 1, SCORED_PAIRS).round().astype(np.int64)]
    taken = torch.cat([positives[some], negatives[some].flatten()])
    scores = subject.scoring.score_pairs(pairs.edge_label_index[:, taken].to(subject.scoring.device))
    of_pairs = scores.double().cpu().numpy()
    return histogram({"test positives": of_pairs[: len(some)], "negatives": of_pairs[len(some) :]}, SCORE_BINS)
