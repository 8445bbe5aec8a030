"""Explicit feedback made implicit."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gnnrec import Filter

if TYPE_CHECKING:
    from typing import Self

    import numpy as np

    from gnnrec import Interactions

LEAST_STEPS, MOST_STEPS = 3, 21
"""How many different values a scale of ratings has."""

UPPER = 0.7
"""The share of a scale's highest value from which on somebody likes something, where nobody says it better."""


class MinRating(Filter):
    """Keep interactions with a rating of at least so much: explicit feedback becomes implicit."""

    uses: ClassVar[tuple[str, ...]] = ("weight",)

    name: Literal["min_rating"] = "min_rating"

    at_least: float
    """The smallest rating (an interaction's weight) that counts."""

    @classmethod
    def proposed_for(cls, interactions: Interactions) -> Self | None:
        """The upper part of a scale, from 7 tenths of its highest value on; of other weights those above 0."""
        import numpy as np

        weight = interactions.edges.weight
        steps = np.zeros(0) if weight is None else np.unique(weight)
        if LEAST_STEPS <= len(steps) <= MOST_STEPS and steps[0] >= 0:
            return cls(at_least=_exact(steps[steps >= UPPER * steps[-1]][0]))
        if len(steps) and steps[0] <= 0 < steps[-1]:  # no interaction weighs so little
            return cls(at_least=_exact(steps[steps > 0][0]))
        return None

    def apply(self, interactions: Interactions) -> Interactions:
        """Look at each interaction's weight.

        Raises:
            DataError: The data have no ratings, or none is so high.
        """
        from gnnrec import DataError

        weight = interactions.edges.weight
        if weight is None:
            raise DataError(
                "min_rating needs ratings, and the data have none; with dataset table, name their column in rating"
            )
        kept = weight >= self.at_least
        if not kept.any():
            raise DataError(f"no rating is {self.at_least:g} or more; the highest is {weight.max():g}")
        return interactions.keep(kept)


def _exact(weight: np.float32) -> float:
    """The shortest number that is the same float32: 0.1, not 0.10000000149."""
    return float(str(weight))
