"""How large data are, and how many scores over them are held at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from gnnrec.data.edges import Edges

BLOCK_CELLS = 2**24
"""Scores that a loss holds at once (users of a block times items): 64 MiB of float32."""

RANKED_CELLS = 2**22
"""Scores that are ranked at once: 16 MiB, which stay near the processor and in memory that is used again."""


@dataclass(frozen=True)
class Size:
    """What the memory of a component hangs on.

    Attributes:
        users: U.
        items: I.
        interactions: E, those that are learned from.
    """

    users: int
    items: int
    interactions: int

    @classmethod
    def of(cls, edges: Edges) -> Self:
        """That of some edges."""
        return cls(edges.num_users, edges.num_items, len(edges))

    @property
    def block(self) -> Self:
        """The same with as many users as are scored at once."""
        return type(self)(min(self.users, max(1, BLOCK_CELLS // self.items)), self.items, self.interactions)
