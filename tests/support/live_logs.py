"""A store in memory, for what reads one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnnrec.serving.changes import Change

if TYPE_CHECKING:
    from gnnrec.serving.changes import Id, What


class LiveLog:
    """Changes in a list, as `Store` keeps them."""

    def __init__(self) -> None:
        self.lines: list[Change] = []

    def last(self) -> int:
        return self.lines[-1].number if self.lines else 0

    def since(self, number: int, limit: int = 3) -> list[Change]:
        return [each for each in self.lines if each.number > number][:limit]

    def refresh(self, upto: int) -> int:
        return self.add("refresh", attributes={"upto": upto})

    def add(self, kind: What, user: Id | None = None, item: Id | None = None, **known: Any) -> int:
        """One line more; its number."""
        self.lines.append(Change(self.last() + 1, kind, user, item, **known))
        return self.last()

    def click(self, user: Id, *items: Id, time: int = 2_000_000_000) -> None:
        for item in items:
            self.add("interaction", user, item, time=time)
