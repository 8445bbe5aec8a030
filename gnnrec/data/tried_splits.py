"""What splits would do with data: how much each holds out, and how much of that training knows nothing of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gnnrec.data.describe import COLD, count_split, doubts
from gnnrec.errors import GnnrecError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gnnrec.data.interactions import Interactions
    from gnnrec.data.split import Split

MOST = 40_000_000
"""Interactions that are divided in all: a split of 20 million takes up to 20 seconds."""

MOSTLY = 0.5
"""The share of test users from which on most are unknown."""

FIRST = ("parts", "time")
"""What the splits look at that are tried first, where not all can be."""


class Splitting(Protocol):
    """What is asked of a split."""

    @property
    def looks_at(self) -> tuple[str, ...] | None:
        """The parts of the data that decide."""

    def split(self, interactions: Interactions) -> Split:
        """Put each interaction into one part."""


@dataclass(frozen=True)
class TriedSplit:
    """A split of some data.

    Attributes:
        name: The component.
        refused: Why there is none; empty where there is one.
        counts: Interactions that are `train`, `val` and `test`.
        cold: The share of the users and of the items of test that training knows nothing of, by `user` and `item`.
        doubts: Why figures would mean little.
        looks_at: What of the data decides.
        at_one_moment: Whether nothing that training knows is later than what anybody is asked.
        of_new_nodes: Whether it makes users or items new on purpose.
    """

    name: str
    refused: str = ""
    counts: dict[str, int] | None = None
    cold: dict[str, float] | None = None
    doubts: tuple[str, ...] = ()
    looks_at: tuple[str, ...] = ()
    at_one_moment: bool = False
    of_new_nodes: bool = False

    @property
    def is_mostly_cold(self) -> bool:
        """Whether training knows nothing of most users that are asked about."""
        return self.cold is not None and self.cold["user"] > MOSTLY


def try_splits(interactions: Interactions, splitters: Mapping[str, Splitting | str]) -> list[TriedSplit]:
    """Each split of the data, in the order of their names.

    Args:
        interactions: The data.
        splitters: By name; or why there is none.
    """
    return sorted(_tried(interactions, splitters), key=lambda each: each.name)


def choose_split(tried: Iterable[TriedSplit], own: str) -> TriedSplit | None:
    """The one to begin with; None where each is refused, or leaves figures that mean little.

    Parts that the data bring come first, and then time, unless most of the users who are asked about were not there
    before. Then comes the recipe's own, and then the one that knows the most users.

    Args:
        tried: What was tried.
        own: The split of the recipe that is begun with.
    """
    usable = [each for each in tried if each.cold is not None and not each.doubts and not each.of_new_nodes]

    def rank(each: TriedSplit) -> tuple[bool, bool, bool, float, str]:
        by_time = each.at_one_moment and not each.is_mostly_cold
        unknown = each.cold["user"] if each.cold else 0.0
        return "parts" not in each.looks_at, not by_time, each.name != own, unknown, each.name

    return min(usable, key=rank, default=None)


def _tried(interactions: Interactions, splitters: Mapping[str, Splitting | str]) -> Iterator[TriedSplit]:
    left = MOST
    for name, splitter in sorted(splitters.items(), key=lambda each: _rank(each[1])):
        if isinstance(splitter, str):
            yield TriedSplit(name, splitter)
        elif left < len(interactions) and left < MOST:
            yield TriedSplit(name, f"not tried: {len(interactions):,} interactions are many")
        else:
            try:
                yield _told(name, splitter, splitter.split(interactions))
                left -= len(interactions)
            except GnnrecError as error:
                yield TriedSplit(name, str(error))
            except Exception as error:  # noqa: BLE001 - whatever a plugin does, the others are tried
                yield TriedSplit(name, f"it fails: {type(error).__name__}: {error}")


def _rank(splitter: Splitting | str) -> int:
    looks_at = () if isinstance(splitter, str) else splitter.looks_at or ()
    return next((place for place, part in enumerate(FIRST) if part in looks_at), len(FIRST))


def _told(name: str, splitter: Splitting, split: Split) -> TriedSplit:
    counts, test = count_split(split), split.edges("test")
    asked = {"user": len(np.unique(test.users)), "item": len(np.unique(test.items))}
    return TriedSplit(
        name,
        counts={"train": len(split.edges("train")), "val": counts["val"], "test": counts["test"]},
        cold={kind: round(counts[f"{COLD}{kind}s_test"] / max(1, count), 4) for kind, count in asked.items()},
        doubts=tuple(doubts(split)),
        looks_at=splitter.looks_at or (),
        at_one_moment=isinstance(split.moment("test"), int),
        of_new_nodes=bool(split.absent),
    )
