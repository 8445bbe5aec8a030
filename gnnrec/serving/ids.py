"""Ids of requests, held to the type that the data's have: text stays text, and numbers numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec.data.lookup import PLAIN_NUMBER
from gnnrec.serving.problems import fault, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gnnrec.serving.answers import Ask
    from gnnrec.serving.changes import Catalogue, Id, Kind

_TOLD = {"text": "text", "number": "a whole number"}


def from_path(text: str, column: Literal["user", "item"], kind: Kind) -> Id:
    """The id that stands in a path.

    Raises:
        Problem: The data's are numbers, and it is none.
    """
    if kind == "text":
        return text
    if PLAIN_NUMBER.fullmatch(text) is None:
        raise fault("path.id", f"{_TOLD[kind]}, as the ids of {column}s are", shown(text))
    return int(text)


def require_type(given: Id, column: Literal["user", "item"], kind: Kind, where: str) -> Id:
    """The id, if its type is the data's.

    Raises:
        Problem: It is not.
    """
    if isinstance(given, str) != (kind == "text"):
        raise fault(where, f"{_TOLD[kind]}, as the ids of {column}s are", shown(given))
    return given


def require_types(asked: Ask, catalogue: Catalogue, where: str) -> None:
    """Hold all ids that somebody asks with to the types of the data's.

    Raises:
        Problem: One is of another.
    """
    if asked.user is not None:
        require_type(asked.user, "user", catalogue.user_ids, f"{where}.user")
    for place, item in _items(asked):
        require_type(item, "item", catalogue.item_ids, f"{where}.{place}")


def _items(asked: Ask) -> Iterator[tuple[str, Id]]:
    for place, each in enumerate(asked.history or ()):
        yield f"history.{place}", each.item
    for name, some in (("exclude", asked.exclude), ("candidates", asked.candidates or ())):
        for place, item in enumerate(some):
            yield f"{name}.{place}", item
