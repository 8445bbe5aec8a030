"""Users and items that have enough interactions with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import PositiveInt

from gnnrec import Filter

if TYPE_CHECKING:
    from gnnrec import Interactions


class KCore(Filter):
    """Keep the largest set of interactions in which each user and each item has enough of them (Seidman 1983).

    Whoever has too few is taken away, and whoever has too few then, until nothing changes.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["k_core"] = "k_core"

    users: PositiveInt = 5
    """How many interactions each user has at least."""

    items: PositiveInt = 5
    """How many interactions each item has at least."""

    def apply(self, interactions: Interactions) -> Interactions:
        """Count and take away, to the fixed point.

        Raises:
            DataError: There is no such set.
        """
        from gnnrec import DataError
        from gnnrec_filters.counting import core, largest_core

        edges = interactions.edges
        chosen = core(edges, self.users, self.items)
        if not chosen.any():
            users, items = largest_core(edges, self.users, self.items)
            raise DataError(
                f"k_core with users: {self.users}, items: {self.items} leaves none of the {len(edges):,} interactions; "
                f"users: {users}, items: {items} leaves {core(edges, users, items).sum():,}"
            )
        return interactions.keep(chosen)
