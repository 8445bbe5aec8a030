"""A split that holds out a share of each user's interactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gnnrec import Fraction
from gnnrec_splits.shares import Shares

if TYPE_CHECKING:
    from gnnrec import Interactions, Split


class PerUserRatio(Shares):
    """Of each user's n interactions floor(test·n) are test and floor(val·n) val: every user is asked about alike.

    A user with few interactions has none held out.
    """

    uses: ClassVar[tuple[str, ...]] = ("time",)

    name: Literal["per_user_ratio"] = "per_user_ratio"

    test: Fraction = 0.2
    """Share of each user's interactions held out to judge by, once."""

    order: Literal["random", "time"] = "random"
    """Which they are: drawn; or by time, the latest test and those before them val."""

    def split(self, interactions: Interactions) -> Split:
        """Cut each user's interactions, in random order or from the latest back.

        Raises:
            DataError: No user has enough interactions for val, or for test; or the order is that of time, and there are
                no times, or all are the same.
        """
        import numpy as np

        from gnnrec_splits.parts import (
            divided,
            drawn,
            from_each_user,
            latest_first,
            message_and_supervision,
            moments_of_users,
        )

        edges, by_time = interactions.edges, self.order == "time"
        order = latest_first(self, interactions) if by_time else drawn(self, interactions, "parts")
        degree = np.bincount(edges.users, minlength=edges.num_users)
        val, test = ((share * degree).astype(np.int64) for share in (self.val, self.test))
        part = from_each_user(edges, order, val, test)
        return divided(
            self,
            interactions,
            part,
            message_and_supervision(self, interactions, part),
            advice=f"shares are rounded down for each user, who has {degree.max(initial=0)} at the most; ask for more",
            moments=moments_of_users(self, interactions, part) if by_time else None,
        )
