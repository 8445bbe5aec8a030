"""What came after training, as a store tells it: who interacted with what, and who and what is new or gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gnnrec.serving.answers import Id
    from gnnrec.serving.changes import Change


class Event(NamedTuple):
    """An interaction that came after training."""

    number: int
    time: int | None
    weight: float | None


@dataclass
class Since:
    """The state that changes lead to, in their order.

    Attributes:
        upto: The number of the last one.
        news: The number of the last one that says anything of users or items.
        deleted: The number of the last one that took something away.
        refreshed: The number of the last one that item embeddings know of.
        events: User to item to what is known of the last interaction of the two.
        users: New users, with their attributes.
        items: New items, with theirs.
        withdrawn: Items that are not to be recommended for now.
        gone_users: Users of the run that were deleted; whoever has such an id now is somebody new.
        gone_items: Items that were deleted.
    """

    upto: int = 0
    news: int = 0
    deleted: int = 0
    refreshed: int = 0
    events: dict[Id, dict[Id, Event]] = field(default_factory=dict)
    users: dict[Id, Mapping[str, Any]] = field(default_factory=dict)
    items: dict[Id, Mapping[str, Any]] = field(default_factory=dict)
    withdrawn: set[Id] = field(default_factory=set)
    gone_users: set[Id] = field(default_factory=set)
    gone_items: set[Id] = field(default_factory=set)

    @property
    def edges_of(self) -> tuple[int, int]:
        """What item embeddings hang on: where it is the same, so are they."""
        return self.refreshed, self.deleted

    def apply(self, some: Iterable[Change]) -> bool:
        """Take changes over, in their order.

        Returns:
            Whether that is all there is to do: of a deleted interaction a change does not say what it was, so that all
            has to be read again from the beginning.
        """
        whole = True
        for each in some:
            self.upto = each.number
            if each.kind != "refresh":
                self.news = each.number
            if each.kind == "interaction":
                self._interact(each)
            elif each.kind in {"delete_user", "delete_item", "delete_interaction"}:
                whole &= self._delete(each)
            elif each.kind == "refresh":
                self.refreshed = int((each.attributes or {})["upto"])
            else:
                self._say(each)
        return whole

    def _interact(self, change: Change) -> None:
        if change.user is None or change.item is None:
            return
        events = self.events.setdefault(change.user, {})
        events[change.item] = Event(change.number, change.time, change.weight)
        if change.user in self.gone_users:  # somebody of that id is there again, and new
            self.users.setdefault(change.user, {})

    def _say(self, change: Change) -> None:
        """What is known of a user or an item, or whether it can be had."""
        attributes = change.attributes or {}
        if change.kind == "user" and change.user is not None:
            self.users[change.user] = attributes
        elif change.kind == "item" and change.item is not None:
            self.items[change.item] = attributes
            self.gone_items.discard(change.item)
        elif change.item is not None:
            is_there = bool(attributes.get("available", True))
            (self.withdrawn.discard if is_there else self.withdrawn.add)(change.item)

    def _delete(self, change: Change) -> bool:
        """Take somebody or something away; False where the change does not say what."""
        self.deleted = change.number
        if change.user is not None:
            self.events.pop(change.user, None)
            self.users.pop(change.user, None)
            self.gone_users.add(change.user)
        elif change.item is not None:
            self.items.pop(change.item, None)
            self.gone_items.add(change.item)
            for events in self.events.values():
                events.pop(change.item, None)
        else:
            return False
        return True
