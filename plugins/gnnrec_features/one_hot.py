"""A category a node, one-hot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gnnrec_features.labelled import Labelled

if TYPE_CHECKING:
    from typing import Self

    import pandas as pd


class OneHot(Labelled):
    """Categories such as a brand or a country: a feature per category, and a one in that of the node.

    Categories are text, whole numbers and booleans. A node whose category is missing, or was met by no node in
    training, gets a row of zeros.
    """

    name: Literal["one_hot"] = "one_hot"

    column: str
    """The table's column of categories, one a cell."""

    @classmethod
    def proposed_for(cls, column: pd.Series[Any]) -> Self | None:
        """Text, booleans and whole numbers of which there are few different ones."""
        from gnnrec_features.proposals import reading_of

        return cls(column=str(column.name)) if reading_of(column) == "category" else None
