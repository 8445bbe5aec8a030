"""Ranking metrics."""

from __future__ import annotations

from gnnrec import Metric, hookimpl
from gnnrec_metrics.accuracy import MAP, MRR, NDCG, Hit, Precision, Recall
from gnnrec_metrics.beyond_accuracy import Coverage, Novelty, Personalization, Popularity


@hookimpl
def gnnrec_components() -> tuple[type[Metric], ...]:
    """Contribute the built-in ranking metrics."""
    return (Recall, Precision, NDCG, MAP, MRR, Hit, Coverage, Novelty, Popularity, Personalization)
