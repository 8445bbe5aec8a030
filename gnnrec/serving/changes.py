"""What a store holds: interactions that happened, and the numbered lines of everything that has changed."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Id = str | int
"""An original id, as the data have it: "1" is not 1."""

Kind = Literal["text", "number"]
"""What the ids of users, or of items, are."""

What = Literal[
    "interaction", "user", "item", "availability", "delete_interaction", "delete_user", "delete_item", "refresh"
]

LONGEST_ID = 400
"""Characters of a text id: PostgreSQL indexes up to 2,700 bytes, and a character takes six at most."""

LARGEST = 2**63 - 1
"""The largest whole number, of ids and of times."""


@dataclass(frozen=True)
class Interaction:
    """A user has interacted with an item.

    Attributes:
        user: The user's original id.
        item: The item's.
        time: Seconds since 1970, UTC.
        weight: How much it counts, finite; None where nothing is said.
        id: Names it, so that it is counted once however often it is sent, and can be deleted.

    Raises:
        UsageError: A value is of another type, or out of bounds.
    """

    user: Id
    item: Id
    time: int
    weight: float | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        require_id("user", self.user)
        require_id("item", self.item)
        if type(self.time) is not int or not -LARGEST <= self.time <= LARGEST:
            raise UsageError(f"time is in whole seconds since 1970, within 64 bits; got {self.time!r}")
        if self.weight is not None and not (
            type(self.weight) in {int, float} and math.isfinite(self.weight)  # a boolean is none
        ):
            raise UsageError(f"weight is a finite number, or none; got {self.weight!r}")
        if self.id is not None and type(self.id) is not str:
            raise UsageError(f"the id of an interaction is text; got {self.id!r}")
        if self.id is not None:
            require_id("interaction", self.id)


@dataclass(frozen=True)
class Change:
    """One line of a store's log.

    Attributes:
        number: 1, 2, 3 …; whoever has seen one has seen all before it. Lines go when what they say is deleted, so
            that the numbers of those that are left have holes.
        kind: What has changed.
        user: Of whom an `interaction`, `user` or `delete_user` speaks; else None. A `delete_user` whose user is None
            was compacted: no line has any more what it took away. Whoever began to read when `last` was less than its
            number may have read such lines, and begins anew from 0; others pass over it.
        item: The same of `interaction`, `item`, `availability` and `delete_item`.
        time: When an interaction was; else None.
        weight: What an interaction counts; None where nothing is said.
        id: The id of an interaction, or of the one that a `delete_interaction` took away; None where it has none, and
            where the line was compacted (see `user`).
        attributes: Of `user` and `item` what is known of it; of `availability` {"available": bool}; of `refresh`
            {"upto": int}; else None.
    """

    number: int
    kind: What
    user: Id | None = None
    item: Id | None = None
    time: int | None = None
    weight: float | None = None
    id: str | None = None
    attributes: dict[str, Any] | None = None


@dataclass(frozen=True)
class Catalogue:
    """What a store belongs to.

    Attributes:
        user_ids: What the ids of users are.
        item_ids: What the ids of items are.
        items: Digest of the run's item ids.
    """

    user_ids: Kind
    item_ids: Kind
    items: str

    @classmethod
    def of(cls, users: Iterable[Id], items: Iterable[Id]) -> Catalogue:
        """That of a run, whatever the order of its ids.

        >>> Catalogue.of(["ann", "bob"], [2, 1]) == Catalogue.of(["zoe"], [1, 2])
        True
        >>> Catalogue.of(["ann"], ["1", "2"]).item_ids
        'text'
        """
        known = [written(each) for each in items]
        digest = hashlib.sha256("\n".join(sorted(known)).encode()).hexdigest()
        return cls(_kind(next(iter(users), 0)), "text" if known and known[0][0] == '"' else "number", digest)

    def require(self, column: Literal["user", "item"], value: Id) -> None:
        """See that an id is of the catalogue's type.

        Raises:
            UsageError: It is of the other, or none.
        """
        require_id(column, value)
        wanted = self.user_ids if column == "user" else self.item_ids
        if _kind(value) != wanted:
            told = "text" if wanted == "text" else "whole numbers"
            raise UsageError(f"{column} ids of this store are {told}; got {value!r}")


def require_id(what: str, value: object) -> None:
    """See that a value can be an id.

    Raises:
        UsageError: It is neither text nor a whole number, is empty, too long or large, or no Unicode.
    """
    if type(value) is int:  # a boolean is none
        if not -LARGEST <= value <= LARGEST:
            raise UsageError(f"{what} ids that are numbers are within 64 bits; got {value}")
        return
    if type(value) is not str:
        raise UsageError(f"{what} ids are text or whole numbers; got {value!r}")
    if not 0 < len(value) <= LONGEST_ID:
        raise UsageError(f"{what} ids that are text have 1 to {LONGEST_ID} characters; got {len(value)}")
    if any("\ud800" <= each <= "\udfff" for each in value):
        raise UsageError(f"{what} ids that are text are Unicode; got half a character: {value!r}")


def written(value: Id | Mapping[str, Any]) -> str:
    """An id, or attributes, as a store writes them: JSON, in which "1" is not 1.

    >>> written(1), written("1")
    ('1', '"1"')
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _kind(value: Id) -> Kind:
    return "text" if isinstance(value, str) else "number"
