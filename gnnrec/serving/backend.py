"""What the API stands on: a recommender that follows a store, the store, and how another run is taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gnnrec.serving.answers import Answer, Ask, Listed
    from gnnrec.serving.changes import Catalogue, Id, Interaction


class Recommender(Protocol):
    """A run that is asked while its graph grows; every method may be called from any thread."""

    def recommend(self, asks: Sequence[Ask]) -> Sequence[Answer]:
        """An answer for each; `Unknown` where an id is not known, `UsageError` for what cannot be asked."""

    def similar(self, item: Id, k: int) -> Sequence[Listed]:
        """The items most similar to one; `Unknown` where it is not known."""

    def search(self, text: str, k: int) -> Sequence[Listed]:
        """The items whose titles are most like the text."""

    def catch_up(self) -> int:
        """Learn what the store has since, and give the number of its last change; called before whatever is asked."""

    def refresh(self) -> int:
        """Compute item embeddings anew with all that is known, and let all who follow the store know it."""

    def require_user(self, id: Id) -> object:  # noqa: A002 - what it is
        """Nothing, or `Unknown`."""

    def require_item(self, id: Id) -> object:  # noqa: A002 - what it is
        """Nothing, or `Unknown`."""

    def require_new_item(self, item: Id, attributes: Mapping[str, Any]) -> object:
        """Nothing, or `UsageError` where it cannot be taken in."""

    def model(self) -> Mapping[str, Any]:
        """What is told of the model; no paths."""


class Storing(Protocol):
    """Where changes are kept; each method that changes something gives its number once it is durable."""

    def add_interactions(self, some: Sequence[Interaction]) -> list[int]:
        """All or nothing; the numbers of those that were not there yet."""

    def add_user(self, user: Id, attributes: Mapping[str, Any]) -> int:
        """A user, with what is known of them."""

    def add_item(self, item: Id, attributes: Mapping[str, Any]) -> int:
        """An item, with what is known of it."""

    def set_availability(self, item: Id, available: bool) -> int:
        """Whether it is recommended."""

    def delete_interaction(self, id: str) -> int:  # noqa: A002 - what it is
        """0 where there is none."""

    def delete_user(self, user: Id) -> int:
        """With all of their interactions."""

    def delete_item(self, item: Id) -> int:
        """With all of its interactions."""

    def last(self) -> int:
        """The number of the last change; 0 where there is none."""

    def refreshed(self) -> int:
        """The number of the last change that item embeddings know of."""


class Refused(Exception):  # noqa: N818 - the word says it
    """Another run is not taken over; the text says why and names no path."""


class Takeover(Protocol):
    """How another run is taken over."""

    @property
    def catalogue(self) -> Catalogue:
        """What ids are."""

    def live(self) -> Recommender:
        """The recommender that answers now."""

    def reload(self, run: str | None) -> None:
        """Let another run answer, or what the one that was named at the start is now; `Refused` keeps the old one."""
