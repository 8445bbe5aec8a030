"""Genres as a multi-hot row per item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from gnnrec import FeatureEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gnnrec import Encoding, Observed


class GenreOneHot(FeatureEncoder):
    """Genres, multi-hot: a column per genre, in alphabetical order, and a one in each that the node has.

    A node whose genres are unknown, or were met by no node in training, gets a row of zeros. MovieLens'
    "(no genres listed)" is a genre like any other.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["genre_onehot"] = "genre_onehot"

    column: str = "genres"
    """The table's column of genres: lists, text such as `Comedy|Drama`, or one thing each, such as a year."""

    separator: str = "|"
    """What stands between genres where the column is text."""

    def fit(self, table: pd.DataFrame, observed: Observed) -> Encoding:  # noqa: ARG002 - interactions say no genres
        """Learn which genres there are."""
        from gnnrec_features.genre_encoding import GenreEncoding

        return GenreEncoding.fit(table, self.column, self.separator)

    def restore(self, state: Mapping[str, Any]) -> Encoding:
        """The same genres in the same order."""
        from gnnrec_features.genre_encoding import GenreEncoding

        return GenreEncoding(self.column, self.separator, tuple(state["names"]))
