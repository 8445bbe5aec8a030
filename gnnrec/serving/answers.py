"""What is asked of a live recommender, and what it answers: plain values, with the original ids of users and items."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Id: TypeAlias = str | int
"""The original id of a user or an item, as the data have it: text stays text, whole numbers stay numbers."""


class Unknown(UsageError):  # noqa: N818 - the word says it
    """Somebody or something that is asked for by its id is not there.

    Args:
        kind: What it would have been.
        id: What was given.
        nearest: Ids that are there and look like it, the nearest first; none where there are none.

    >>> str(Unknown("item", 3188, (318, 3181)))
    'expected the id of an item that is known, got 3188; the nearest: 318, 3181'
    """

    def __init__(self, kind: Literal["user", "item", "interaction"], id: Id, nearest: Sequence[Id] = ()) -> None:  # noqa: A002 - what it is
        near = f"; the nearest: {', '.join(map(str, nearest))}" if nearest else ""
        article = "a" if kind == "user" else "an"
        super().__init__(f"expected the id of {article} {kind} that is known, got {id!r}{near}")
        self.kind = kind
        self.id = id
        self.nearest = tuple(nearest)


@dataclass(frozen=True)
class HistoryItem:
    """One item of somebody's history.

    Attributes:
        item: Its id.
        time: Seconds since 1970, UTC; None where it is not known.
        weight: What the data's weights are (a rating); None where it is not known.
    """

    item: Id
    time: int | None = None
    weight: float | None = None


@dataclass(frozen=True)
class Ask:
    """Somebody to recommend to: exactly one of `user` and `history` is given.

    Attributes:
        user: A known one.
        history: The items of somebody who need not be known.
        k: How many items at most.
        exclude: Items that are not recommended.
        candidates: The only ones that are; None for all.
        where: By item attribute, the values of which an item has to have one.
        reasons: Name the items of the history that carried each item.
        include_seen: Recommend items that the user is known to have interacted with too.
    """

    user: Id | None = None
    history: tuple[HistoryItem, ...] | None = None
    k: int = 10
    exclude: tuple[Id, ...] = ()
    candidates: tuple[Id, ...] | None = None
    where: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    reasons: bool = False
    include_seen: bool = False


@dataclass(frozen=True)
class Reason:
    """An item of the user's own that carried a recommended one.

    Attributes:
        item: Its id.
        weight: How much of the score it carried.
        title: Its title; None where items have none.
    """

    item: Id
    weight: float
    title: str | None = None


@dataclass(frozen=True)
class Listed:
    """An item in its place of a list.

    Attributes:
        rank: From 1.
        item: Its id.
        score: The higher, the better; a similarity in a list of similar items.
        title: Its title; None where items have none.
        attributes: What else is known of it, by name.
        reasons: The heaviest first; None where they were not asked for.
        shared: Beside reasons, by attribute, the values that it has in common with them.
    """

    rank: int
    item: Id
    score: float
    title: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[Reason, ...] | None = None
    shared: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """What is recommended.

    Attributes:
        items: The best first; fewer than k where fewer are left.
        method: How the user was seen: "known user", or how a new one was folded in.
        reasons_by: How reasons were found; None where they were not asked for.
        upto: The number of the last change that it knows of; 0 where there was none.
        refreshed: The number of the last change that item embeddings know of.
    """

    items: tuple[Listed, ...]
    method: str
    reasons_by: str | None = None
    upto: int = 0
    refreshed: int = 0
