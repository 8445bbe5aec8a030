"""What the data set says of items, in words: titles and genres, where it knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class ItemWords:
    """Titles and genres of items, by node id.

    Args:
        table: Row i = node i; column `item` and, where known, `title` and `genres` (lists, or text with bars).
    """

    table: pd.DataFrame

    def title(self, node: int) -> str:
        """The title, or the original id where there is none."""
        row = self.table.iloc[node]
        title = row.get("title")
        return str(row["item"]) if title is None or pd.isna(title) else str(title)

    def titles(self, nodes: Iterable[int]) -> list[str]:
        """The titles of several."""
        return [self.title(node) for node in nodes]

    def genres(self, node: int) -> list[str]:
        """The genres; none where they are not known."""
        return _listed(self.table.iloc[node].get("genres"))


def _listed(value: Any) -> list[str]:
    if isinstance(value, str):
        return [genre for part in value.split("|") if (genre := part.strip())]
    return [] if value is None or pd.api.types.is_scalar(value) else [str(genre) for genre in value]
