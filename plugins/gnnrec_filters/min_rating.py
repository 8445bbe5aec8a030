"""Explicit feedback made implicit."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gnnrec import Filter

if TYPE_CHECKING:
    from gnnrec import Interactions


class MinRating(Filter):
    """Keep interactions with a rating of at least so much: explicit feedback becomes implicit."""

    uses: ClassVar[tuple[str, ...]] = ("weight",)

    name: Literal["min_rating"] = "min_rating"

    at_least: float
    """The smallest rating (an interaction's weight) that counts."""

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
