"""For whom and for what a run is good: metrics by users' activity and by items' popularity, and its scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from gnnrec.report.distributions import Histogram, histogram

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gnnrec.report.subject import Subject

METRICS = ("recall", "ndcg")
"""What is shown of groups, where the recipe asks for it."""

SCORED_PAIRS = 20_000
"""Up to how many test positives, with their negatives, are scored once more."""

SCORED_CELLS = 2**29
"""Up to how many scores are computed for them, where each pair takes those of all items: a second or two."""

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


def score_distribution(subject: Subject) -> tuple[Histogram, str]:
    """Scores of test positives and of their evaluation negatives, and how many positives of how many, in words."""
    pairs, scoring = subject.evaluator("test").pairs, subject.scoring
    edges = subject.split.interactions.edges
    most = SCORED_PAIRS
    if scoring.pairs_of_rows and edges.num_users * edges.num_items > SCORED_CELLS:
        most = min(most, max(1, SCORED_CELLS // edges.num_items // (1 + subject.recipe.evaluation.negatives)))
    positives, negatives = pairs.divide(torch.arange(pairs.edge_label_index.size(1)))
    some = np.arange(len(positives))
    if len(some) > most:
        some = some[np.linspace(0, len(some) - 1, most).round().astype(np.int64)]
    taken = torch.cat([positives[some], negatives[some].flatten()])
    scores = scoring.score_pairs(pairs.edge_label_index.cpu()[:, taken].to(scoring.device))
    of_pairs = scores.double().cpu().numpy()
    return (
        histogram({"test positives": of_pairs[: len(some)], "negatives": of_pairs[len(some) :]}, SCORE_BINS),
        f"{len(some):,} of {len(subject.split.edges('test')):,} test interactions",
    )
