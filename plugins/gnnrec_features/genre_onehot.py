"""Genres as a multi-hot row per item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gnnrec import FeatureEncoder

if TYPE_CHECKING:
    import pandas as pd

    from gnnrec import Edges, FeatureBlock


class GenreOneHot(FeatureEncoder):
    """Genres, multi-hot: a column per genre, in alphabetical order, and a one in each that the node has.

    A node whose genres are unknown gets a row of zeros. MovieLens' "(no genres listed)" is a genre like any other.
    """

    name: Literal["genre_onehot"] = "genre_onehot"

    column: str = "genres"
    """The table's column of genres: lists, or text such as `Comedy|Drama`."""

    separator: str = "|"
    """What stands between genres where the column is text."""

    def encode(self, table: pd.DataFrame, train: Edges) -> FeatureBlock:  # noqa: ARG002 - nothing is fitted
        """Genres are known of every item beforehand, so nothing is fitted and `train` is not looked at."""
        import numpy as np

        from gnnrec import DataError, FeatureBlock
        from gnnrec.errors import suggestion

        if self.column not in table:
            hint = suggestion(self.column, map(str, table.columns))
            raise DataError(f"genre_onehot: the table has no column '{self.column}'{hint}")
        rows = [self._genres(value) for value in table[self.column]]
        names = sorted({genre for row in rows for genre in row})
        position = {genre: i for i, genre in enumerate(names)}
        values = np.zeros((len(rows), len(names)), np.float32)
        for i, row in enumerate(rows):
            values[i, [position[genre] for genre in row]] = 1.0
        return FeatureBlock(values, tuple(names))

    def _genres(self, value: Any) -> list[str]:
        if isinstance(value, str):
            return [genre for part in value.split(self.separator) if (genre := part.strip())]
        return [] if value is None or isinstance(value, float) else [str(genre) for genre in value]
