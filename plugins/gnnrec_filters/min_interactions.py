"""Users and items that have enough interactions in the data as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import PositiveInt

from gnnrec import Filter

if TYPE_CHECKING:
    from gnnrec import Interactions


class MinInteractions(Filter):
    """Keep interactions of users and items that have enough of them, both counted once on what is given.

    In what is left some may have fewer, since the other side was thinned out; `k_core` goes on to where none has.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["min_interactions"] = "min_interactions"

    users: PositiveInt = 1
    """How many interactions a user needs."""

    items: PositiveInt = 1
    """How many interactions an item needs."""

    def apply(self, interactions: Interactions) -> Interactions:
        """Count once.

        Raises:
            DataError: No interaction is one of a user and of an item that have enough.
        """
        import numpy as np

        from gnnrec import DataError
        from gnnrec_filters.counting import enough

        edges = interactions.edges
        chosen = enough(edges, self.users, self.items)
        if not chosen.any():
            most = [np.bincount(ids).max(initial=0) for ids in (edges.users, edges.items)]
            raise DataError(
                f"min_interactions with users: {self.users}, items: {self.items} leaves none of the {len(edges):,} "
                f"interactions; no user has more than {most[0]:,}, and no item more than {most[1]:,}"
            )
        return interactions.keep(chosen)
