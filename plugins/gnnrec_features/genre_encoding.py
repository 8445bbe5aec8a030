"""Genres by name, and what encodes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from gnnrec import DataError, Encoding, FeatureBlock
from gnnrec.errors import suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping


class GenreEncoding(Encoding):
    """A column per genre, and a one in each that the node has.

    Args:
        column: The table's column of genres: lists, text, or one of anything else.
        separator: What stands between genres where it is text.
        names: The genres, in the order of the columns.
    """

    def __init__(self, column: str, separator: str, names: tuple[str, ...]) -> None:
        self._column, self._separator, self._names = column, separator, names

    @classmethod
    def fit(cls, table: pd.DataFrame, column: str, separator: str) -> Self:
        """The genres of a table, in alphabetical order."""
        unnamed = cls(column, separator, ())
        return cls(column, separator, tuple(sorted({genre for row in unnamed.rows(table) for genre in row})))

    def encode(self, table: pd.DataFrame) -> FeatureBlock:
        """Genres that are not among the names leave no trace."""
        rows = self.rows(table)
        position = {genre: column for column, genre in enumerate(self._names)}
        values = np.zeros((len(rows), len(self._names)), np.float32)
        for row, genres in enumerate(rows):
            values[row, [position[genre] for genre in genres if genre in position]] = 1.0
        return FeatureBlock(values, self._names)

    def state(self) -> Mapping[str, Any]:
        """The genres."""
        return {"names": list(self._names)}

    def rows(self, table: pd.DataFrame) -> list[list[str]]:
        """The genres of each row.

        Raises:
            DataError: The table has no such column.
        """
        if self._column not in table:
            hint = suggestion(self._column, map(str, table.columns))
            raise DataError(f"genre_onehot: the table has no column '{self._column}'{hint}")
        return [self._genres(value) for value in table[self._column]]

    def _genres(self, value: Any) -> list[str]:
        if isinstance(value, str):
            return [genre for part in value.split(self._separator) if (genre := part.strip())]
        if isinstance(value, list | tuple | np.ndarray):
            return [str(genre) for genre in value]
        return [] if pd.isna(value) else [str(value)]
