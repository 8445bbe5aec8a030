"""Metrics beyond accuracy: what the lists are like, whoever they are for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec import Metric

if TYPE_CHECKING:
    from torch import Tensor

    from gnnrec import Catalogue, RankedLists


class Coverage(Metric):
    """Share of all items that are recommended to anybody."""

    name: Literal["coverage"] = "coverage"

    def measure(self, lists: RankedLists, catalogue: Catalogue) -> Tensor:
        """See `functional.coverage`."""
        from gnnrec_metrics.functional import coverage

        return coverage(lists.items, catalogue.num_items)


class Novelty(Metric):
    """Mean self-information of what is recommended, in bits: the rarer, the more (Vargas and Castells 2011)."""

    name: Literal["novelty"] = "novelty"

    def measure(self, lists: RankedLists, catalogue: Catalogue) -> Tensor:
        """See `functional.novelty`."""
        from gnnrec_metrics.functional import novelty

        return novelty(lists.items, catalogue.popularity, catalogue.num_users)


class Popularity(Metric):
    """Mean number of training interactions of what is recommended."""

    name: Literal["popularity"] = "popularity"

    def measure(self, lists: RankedLists, catalogue: Catalogue) -> Tensor:
        """See `functional.mean_popularity`."""
        from gnnrec_metrics.functional import mean_popularity

        return mean_popularity(lists.items, catalogue.popularity)


class Personalization(Metric):
    """How little two users' lists have in common, over all pairs of users."""

    name: Literal["personalization"] = "personalization"

    def measure(self, lists: RankedLists, catalogue: Catalogue) -> Tensor:
        """See `functional.personalization`."""
        from gnnrec_metrics.functional import personalization

        return personalization(lists.items, catalogue.num_items)
