"""What a ranking metric looks at: the top of each user's ranking, and the catalogue it was drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

NO_ITEM = -1
"""Stands in a list where a user has fewer than k items left."""


@dataclass(frozen=True)
class RankedLists:
    """The top of each user's ranking.

    Attributes:
        users: int64 [Q], node ids; only users with relevant items.
        items: int64 [Q, k], best first; -1 where a user has fewer than k items left.
        relevant: bool [Q, k].
        num_relevant: int64 [Q], at least 1.
        level: bool [Q], whether a list has several items and all of one score, so that their order says nothing; None
            where scores are not known.
    """

    users: Tensor
    items: Tensor
    relevant: Tensor
    num_relevant: Tensor
    level: Tensor | None = None

    def cut(self, k: int) -> RankedLists:
        """The lists' first k places."""
        return RankedLists(self.users, self.items[:, :k], self.relevant[:, :k], self.num_relevant)


@dataclass(frozen=True)
class Catalogue:
    """What is known of all items.

    Attributes:
        popularity: int64 [I], how many training interactions each item has.
        num_users: U.
    """

    popularity: Tensor
    num_users: int

    @property
    def num_items(self) -> int:
        """I."""
        return len(self.popularity)
