"""A split that holds out each user's last interactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import PositiveInt

from gnnrec_splits.shares import DisjointTrain

if TYPE_CHECKING:
    from gnnrec import Interactions, Split


class LeaveLast(DisjointTrain):
    """Each user's last interactions are test and those before them val, to ask what comes next.

    At least one of each user stays train, and test has precedence: a single one is train, of two the last is test. Ties
    in time go by hash.
    """

    uses: ClassVar[tuple[str, ...]] = ("time",)

    name: Literal["leave_last"] = "leave_last"

    val: PositiveInt = 1
    """How many of each user's interactions are held out to choose the epoch by: those before test."""

    test: PositiveInt = 1
    """How many of each user's interactions are held out to judge by, once: the last."""

    def split(self, interactions: Interactions) -> Split:
        """Go back from each user's last interaction.

        Raises:
            DataError: The data have no times, all are the same, or no user has enough interactions.
        """
        from gnnrec_splits.parts import divided, from_each_user, latest_first, message_and_supervision, moments_of_users

        order = latest_first(self, interactions)
        part = from_each_user(interactions.edges, order, self.val, self.test)
        return divided(
            self,
            interactions,
            part,
            message_and_supervision(self, interactions, part),
            advice=f"only a user of {self.test + 2} or more has one for val; ask for less, or bring more data",
            moments=moments_of_users(self, interactions, part),
        )
