"""Genres as a multi-hot row per item."""

from __future__ import annotations

from typing import Literal

from gnnrec_features.labelled import Delimited


class GenreOneHot(Delimited):
    """Genres, multi-hot: what `multi_hot` does, of the column `genres` where no other is named.

    A node whose genres are unknown, or were met by no node in training, gets a row of zeros. MovieLens'
    "(no genres listed)" is a genre like any other.
    """

    name: Literal["genre_onehot"] = "genre_onehot"

    column: str = "genres"
    """The table's column of genres: lists, or text such as `Comedy|Drama`, or a genre by itself."""
