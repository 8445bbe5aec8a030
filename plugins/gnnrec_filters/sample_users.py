"""A part of the users, so that something can be tried on little data."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import NonNegativeInt, PositiveInt

from gnnrec import Filter

if TYPE_CHECKING:
    from gnnrec import Interactions

logger = logging.getLogger("gnnrec")


class SampleUsers(Filter):
    """Keep the interactions of some users, drawn by a hash of their ids: however the data are ordered, the same ones.

    More users with the same seed are these and others.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["sample_users"] = "sample_users"

    users: PositiveInt
    """How many users are kept; all, with a warning, where there are not so many."""

    seed: NonNegativeInt = 0
    """Another seed draws others."""

    def apply(self, interactions: Interactions) -> Interactions:
        """Draw users and keep all that they have."""
        import numpy as np

        from gnnrec.data.draws import in_drawn_order, node_hashes

        count = interactions.edges.num_users
        if self.users > count:
            logger.warning(
                "sample_users is to keep %s users, but there are %s: all are kept", f"{self.users:,}", f"{count:,}"
            )
        hashes = node_hashes(interactions.users["user"], self.seed, self.name)
        drawn = np.zeros(count, bool)
        drawn[in_drawn_order(hashes)[: self.users]] = True
        return interactions.keep(drawn[interactions.edges.users])
