"""What the data set says of items, in words: titles and genres, where it knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable


class ItemWords:
    """Titles and genres of items, by node id.

    Args:
        table: Row i = node i; column `item` and, where known, `title` and `genres` (lists, or text with bars).
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self._ids = table["item"].to_numpy()
        self._titles = table["title"].to_numpy() if "title" in table else None
        self._genres = table["genres"].to_numpy() if "genres" in table else None

    def title(self, node: int) -> str:
        """The title, or the original id where there is none."""
        title = None if self._titles is None else self._titles[node]
        return str(self._ids[node]) if title is None or pd.isna(title) else str(title)

    def titles(self, nodes: Iterable[int]) -> list[str]:
        """The titles of several."""
        return [self.title(node) for node in nodes]

    def genres(self, node: int) -> list[str]:
        """The genres; none where they are not known."""
        return [] if self._genres is None else _listed(self._genres[node])


def _listed(value: Any) -> list[str]:
    if isinstance(value, str):
        return [genre for part in value.split("|") if (genre := part.strip())]
    return [] if value is None or pd.api.types.is_scalar(value) else [str(genre) for genre in value]
