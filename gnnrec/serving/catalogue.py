"""The users and items of a run by their original ids, and what is known of items, as answers show it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gnnrec.data.edges import Mask
    from gnnrec.serving.answers import Id

NEAREST = 3
"""How many ids a message about an unknown one names."""

TITLE = "title"


class ItemTable:
    """Items by number: those of the run, then new ones.

    Args:
        table: Row i = item i, with column `item`.

    Attributes:
        ids: Original ids.
        number_of: Id to number.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self.ids: list[Id] = table["item"].tolist()
        self.number_of: dict[Id, int] = {each: number for number, each in enumerate(self.ids)}
        self.titles: list[str | None] = (
            [_plain(each) for each in table[TITLE]] if TITLE in table else [None] * len(table)
        )
        self._columns = {str(name): table[name].tolist() for name in table.columns if name not in {"item", TITLE}}
        self._folded = [(title or str(each)).casefold() for title, each in zip(self.titles, self.ids, strict=True)]
        self._having: dict[tuple[str, Any], Mask] = {}

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def attributes(self) -> tuple[str, ...]:
        """What is known of items, by name."""
        return tuple(self._columns)

    def attributes_of(self, number: int) -> dict[str, Any]:
        """What is known of an item; plain values."""
        return {name: _plain(values[number]) for name, values in self._columns.items()}

    def having(self, where: Mapping[str, Sequence[Any]]) -> Mask:
        """The items that have, of each attribute, one of some values: bool [I].

        Raises:
            KeyError: There is no such attribute.
        """
        chosen = np.ones(len(self), np.bool_)
        for name, values in where.items():
            some = np.zeros(len(self), np.bool_)
            for value in values:
                some |= self._with(name, value)
            chosen &= some
        return chosen

    def shared(self, number: int, others: Sequence[int]) -> dict[str, list[Any]]:
        """By attribute, the values of an item that one of the others has too."""
        found = {}
        for name, values in self._columns.items():
            own, theirs = _values(values[number]), [_values(values[other]) for other in others]
            if common := [value for value in own if any(value in each for each in theirs)]:
                found[name] = common
        return found

    def found(self, text: str, count: int) -> list[int]:
        """The items whose title (or, without titles, whose id) holds a text; those that begin with it first."""
        wanted = text.casefold().strip()
        met = [(each.find(wanted), number) for number, each in enumerate(self._folded) if wanted in each]
        return [number for _, number in sorted(met)[:count]]

    def _with(self, name: str, value: Any) -> Mask:
        key = (name, value)
        if key not in self._having:
            cells = map(_plain, self._columns[name])
            mask = np.fromiter((value in each if isinstance(each, list) else each == value for each in cells), np.bool_)
            if len(self._having) > 10 * len(self._columns) + 100:
                self._having.clear()
            self._having[key] = mask
        return self._having[key]


def nearest(wanted: Id, known: Iterable[Id]) -> tuple[Id, ...]:
    """Known ids that look like one that is not."""
    by_text = {str(each): each for each in known}
    return tuple(by_text[each] for each in get_close_matches(str(wanted), by_text, NEAREST))


def _values(cell: Any) -> list[Any]:
    """A cell's values: those of a list, or its one; none where it is missing."""
    plain = _plain(cell)
    return plain if isinstance(plain, list) else [] if plain is None else [plain]


def _plain(value: Any) -> Any:
    """A cell as JSON can hold it; None where it is missing."""
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(each) for each in value]
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, str | int | float | bool) else str(value)
