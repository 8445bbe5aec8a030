"""A recommender and a store in memory, which the API answers from in its tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gnnrec.errors import UsageError
from gnnrec.serving.answers import Answer, Ask, Listed, Reason, Unknown
from gnnrec.serving.backend import Refused
from gnnrec.serving.changes import Catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gnnrec.serving.changes import Id, Interaction


class FakeStore:
    """Keeps what it is told; `fault` is raised by whatever it is asked next."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.ids: dict[str, Interaction] = {}
        self.users: set[Id] = set()
        self.items: set[Id] = set()
        self.fault: Exception | None = None

    def _number(self, kind: str, what: Any) -> int:
        if self.fault is not None:
            raise self.fault
        self.told.append((kind, what))
        return len(self.told)

    def add_interactions(self, some: Sequence[Interaction]) -> list[int]:
        numbers = []
        for each in some:
            if each.id is None or each.id not in self.ids:
                numbers.append(self._number("interaction", each))
                self.users.add(each.user)
            if each.id is not None:
                self.ids[each.id] = each
        return numbers

    def add_user(self, user: Id, attributes: Mapping[str, Any]) -> int:
        self.users.add(user)
        return self._number("user", (user, attributes))

    def add_item(self, item: Id, attributes: Mapping[str, Any]) -> int:
        self.items.add(item)
        return self._number("item", (item, attributes))

    def set_availability(self, item: Id, available: bool) -> int:
        return self._number("availability", (item, available))

    def delete_interaction(self, id: str) -> int:  # noqa: A002
        return self._number("delete_interaction", id) if self.ids.pop(id, None) else 0

    def delete_user(self, user: Id) -> int:
        self.users.discard(user)
        return self._number("delete_user", user)

    def delete_item(self, item: Id) -> int:
        self.items.discard(item)
        return self._number("delete_item", item)

    def last(self) -> int:
        if self.fault is not None:
            raise self.fault
        return len(self.told)

    def refreshed(self) -> int:
        return 0


class FakeLive:
    """Recommends the items from the first on, and knows what the store was told."""

    def __init__(self, store: FakeStore, users: Sequence[Id], items: Sequence[Id], name: str = "first") -> None:
        self.store = store
        self.users = list(users)
        self.items = list(items)
        self.name = name
        self.asked: list[Ask] = []
        self.caught_up = 0
        self.fault: Exception | None = None

    def catch_up(self) -> int:
        self.caught_up = self.store.last()
        return self.caught_up

    def recommend(self, asks: Sequence[Ask]) -> list[Answer]:
        if self.fault is not None:
            raise self.fault
        return [self._answer(ask) for ask in asks]

    def _answer(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        if ask.user is not None:
            self.require_user(ask.user)
        for each in ask.history or ():
            self.require_item(each.item)
        left = [item for item in ask.candidates or self.items if item not in ask.exclude][: ask.k]
        reasons = (Reason(self.items[0], 0.5, "First"),) if ask.reasons else None
        listed = tuple(
            Listed(rank, item, 1 / rank, f"Title {item}", {"genres": ["Drama"]}, reasons)
            for rank, item in enumerate(left, 1)
        )
        return Answer(listed, "folded in" if ask.user is None else "known user", upto=self.caught_up)

    def similar(self, item: Id, k: int) -> list[Listed]:
        self.require_item(item)
        return [Listed(rank, each, 1 / rank) for rank, each in enumerate(self.items[:k], 1)]

    def search(self, text: str, k: int) -> list[Listed]:
        return [Listed(1, item, 1.0, str(item)) for item in self.items if text in str(item)][:k]

    def refresh(self) -> int:
        return self.caught_up

    def require_user(self, id: Id) -> None:  # noqa: A002
        self._require("user", id, {*self.users, *self.store.users})

    def require_item(self, id: Id) -> None:  # noqa: A002
        self._require("item", id, {*self.items, *self.store.items})

    def require_new_item(self, item: Id, attributes: Mapping[str, Any]) -> None:  # noqa: ARG002 - the signature
        if item in {*self.items, *self.store.items}:
            raise UsageError(f"there is an item {item} already")

    def _require(self, kind: Literal["user", "item"], id: Id, known: set[Id]) -> None:  # noqa: A002
        if id not in known:
            raise Unknown(kind, id, sorted(each for each in known if str(each).startswith(str(id)[:1]))[:2])

    def model(self) -> dict[str, Any]:
        return {"recipe": self.name}


class FakeTakeover:
    """Takes over a run called "second", and refuses all others."""

    def __init__(self, live: FakeLive, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._live = live

    def live(self) -> FakeLive:
        return self._live

    def reload(self, run: str | None) -> None:
        if run not in {None, "second"}:
            raise Refused("expected a run whose ids are whole numbers")
        self._live = FakeLive(self._live.store, self._live.users, self._live.items, run or "first")


def numbers() -> FakeTakeover:
    """Users 1 to 9, items 1 to 1,270."""
    return _served(range(1, 10), range(1, 1271))


def texts() -> FakeTakeover:
    """Users and items that are called by text, some with slashes in it."""
    return _served(["ann", "bob/1"], ["1", "a/b", "a/similar", "ü x"])


def _served(users: Any, items: Any) -> FakeTakeover:
    return FakeTakeover(FakeLive(FakeStore(), users, items), Catalogue.of(users, items))
