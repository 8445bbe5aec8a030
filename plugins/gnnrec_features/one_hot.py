"""A category a node, one-hot."""

from __future__ import annotations

from typing import Literal

from gnnrec_features.labelled import Labelled


class OneHot(Labelled):
    """Categories such as a brand or a country: a feature per category, and a one in that of the node.

    Categories are text, whole numbers and booleans. A node whose category is missing, or was met by no node in
    training, gets a row of zeros.
    """

    name: Literal["one_hot"] = "one_hot"

    column: str
    """The table's column of categories, one a cell."""
