"""Metrics of accuracy: whether the relevant items are at the top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec import Metric

if TYPE_CHECKING:
    from torch import Tensor

    from gnnrec import Catalogue, RankedLists


class Recall(Metric):
    """Share of a user's relevant items that are among the first k."""

    name: Literal["recall"] = "recall"

    def measure(self, lists: RankedLists, catalogue: Catalogue) -> Tensor:  # noqa: ARG002 - it is not asked
        """See `functional.recall`."""
        from gnnrec_metrics.functional import recall

        return recall(lists.relevant, lists.num_relevant)


class Precision(Metric):
    """Share of the first k that are relevant."""

    name: Literal["precision"] = "precision"

    def measure(self, lists: RankedLists, catalogue: Catalogue) -> Tensor:  # noqa: ARG002 - it is not asked
        """See `functional.precision`."""
        from gnnrec_metrics.functional import precision

        return precision(lists.relevant)


class NDCG(Metric):
    """Normalised discounted cumulative gain with binary relevance (Järvelin and Kekäläinen 2002)."""

    name: Literal["ndcg"] = "ndcg"

    def measure(self, lists: RankedLists, catalogue: Catalogue) -> Tensor:  # noqa: ARG002 - it is not asked
        """See `functional.ndcg`."""
        from gnnrec_metrics.functional import ndcg

        return ndcg(lists.relevant, lists.num_relevant)


class MAP(Metric):
    """Mean average precision: precision at the place of each relevant item, averaged over min(k, relevant)."""

    name: Literal["map"] = "map"

    def measure(self, lists: RankedLists, catalogue: Catalogue) -> Tensor:  # noqa: ARG002 - it is not asked
        """See `functional.average_precision`."""
        from gnnrec_metrics.functional import average_precision

        return average_precision(lists.relevant, lists.num_relevant)


class MRR(Metric):
    """Mean reciprocal rank of the first relevant item among the first k."""

    name: Literal["mrr"] = "mrr"

    def measure(self, lists: RankedLists, catalogue: Catalogue) -> Tensor:  # noqa: ARG002 - it is not asked
        """See `functional.reciprocal_rank`."""
        from gnnrec_metrics.functional import reciprocal_rank

        return reciprocal_rank(lists.relevant)


class Hit(Metric):
    """Share of users with a relevant item among the first k."""

    name: Literal["hit"] = "hit"

    def measure(self, lists: RankedLists, catalogue: Catalogue) -> Tensor:  # noqa: ARG002 - it is not asked
        """See `functional.hit`."""
        from gnnrec_metrics.functional import hit

        return hit(lists.relevant)
