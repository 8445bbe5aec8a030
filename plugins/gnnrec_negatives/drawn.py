"""What all built-in samplers have in common: from which distribution items are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gnnrec import NegativeSampler

if TYPE_CHECKING:
    from gnnrec import Edges
    from gnnrec_negatives.draws_module import Draws


class Drawn(NegativeSampler):
    """Negatives drawn at random from what is not known, all items alike or popular ones more often."""

    distribution: Literal["uniform", "popularity"] = "uniform"
    """`popularity` draws an item in proportion to its known interactions ** `exponent`, and one that has none
    practically never."""

    exponent: Annotated[float, Field(ge=0)] = 0.75
    """Of `popularity`: 0 makes all items alike, 1 draws them as often as they occur (0.75: Mikolov et al. 2013)."""

    def draws(self, known: Edges) -> Draws:
        """Draws from everything but `known`.

        Raises:
            DataError: Every possible pair is known.
        """
        from gnnrec.graph.pair_sampling import UnknownPairs, popularity_weights
        from gnnrec_negatives.draws_module import Draws

        weights = popularity_weights(known, self.exponent) if self.distribution == "popularity" else None
        return Draws(UnknownPairs(known, weights), self.corrupt)
