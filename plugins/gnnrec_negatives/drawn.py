"""What all built-in samplers have in common: from which distribution items are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from gnnrec import NegativeSampler

if TYPE_CHECKING:
    from gnnrec import Edges, Observed
    from gnnrec_negatives.draws_module import Draws


class Drawn(NegativeSampler):
    """Negatives drawn at random from what is not known, all items alike or popular ones more often."""

    uses: ClassVar[tuple[str, ...]] = ()

    distribution: Literal["uniform", "popularity"] = "uniform"
    """`popularity` draws an item in proportion to its training interactions ** `exponent`, and one that has none
    practically never."""

    exponent: Annotated[float, Field(ge=0)] = 0.75
    """Of `popularity`: 0 makes all items alike, 1 draws them as often as they occur (0.75: Mikolov et al. 2013)."""

    def draws(self, observed: Observed, avoid: Edges) -> Draws:
        """Draws from everything but `avoid`.

        Raises:
            DataError: Every possible pair is known.
        """
        from gnnrec.graph.pair_sampling import UnknownPairs, popularity_weights
        from gnnrec_negatives.draws_module import Draws

        popular = self.distribution == "popularity"
        weights = popularity_weights(observed.edges, self.exponent) if popular else None
        return Draws(UnknownPairs(avoid, weights), self.corrupt)
