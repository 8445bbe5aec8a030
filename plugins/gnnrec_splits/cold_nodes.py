"""Splits that hold out users or items which training does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gnnrec_splits.shares import Share, Shares

if TYPE_CHECKING:
    from gnnrec import Interactions, Split


class ColdItems(Shares):
    """A share of the items is new: all their interactions are val or test, and training knows nothing of them.

    `val` and `test` count items, drawn by the hash of their ids; a model knows them by their features alone, and, where
    `shown` is more than 0, by some interactions that evaluation may propagate over.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["cold_items"] = "cold_items"

    shown: Share = 0.0
    """Share of each new item's interactions that are not asked for, but known when the others are (rounded down)."""

    def split(self, interactions: Interactions) -> Split:
        """Draw the items, and of each those interactions that are shown.

        Raises:
            DataError: There are too few items, or nothing else is left to train on.
        """
        from gnnrec_splits.cold_parts import divide_cold

        return divide_cold(self, interactions, "item", self.shown)


class ColdUsers(Shares):
    """A share of the users is new: what is asked for is val or test, given the interactions that are shown.

    `val` and `test` count users, drawn by the hash of their ids. Training knows nothing of them; evaluation knows the
    share `shown` of each one's interactions.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["cold_users"] = "cold_users"

    shown: Share = 0.8
    """Share of each new user's interactions that are not asked for, but known when the others are (rounded down)."""

    def split(self, interactions: Interactions) -> Split:
        """Draw the users, and of each those interactions that are shown.

        Raises:
            DataError: There are too few users, or nothing else is left to train on.
        """
        from gnnrec_splits.cold_parts import divide_cold

        return divide_cold(self, interactions, "user", self.shown)
