"""How a column of a node table reads at first sight: what a first recipe makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from gnnrec import DataError
from gnnrec_features.labels import Labels

if TYPE_CHECKING:
    Reading = Literal["category", "labels", "number"]

CATEGORIES = 20
"""Up to so many different whole numbers are categories."""

FEATURES = 200
"""Up to so many different labels are features."""


def reading_of(column: pd.Series[Any], separator: str = "|") -> Reading | None:
    """A category a cell, several labels a cell, or numbers; None for titles, ids, and what is always the same.

    Args:
        column: Of a node table.
        separator: What stands between labels.
    """
    there = column.dropna()
    if len(there) < len(column) / 2:
        return None
    if pd.api.types.is_numeric_dtype(there) and not pd.api.types.is_bool_dtype(there):
        distinct, whole = there.nunique(), bool((there % 1 == 0).all())
        if whole and 1 < distinct <= CATEGORIES and distinct < len(there) / 2:
            return "category"
        return "number" if distinct > 1 and not (whole and distinct == len(there)) else None
    labels = Labels("", "x", separator)
    try:
        cells = labels.of(there.to_frame("x"))
    except DataError:
        return None
    distinct = len({label for cell in cells for label in cell})
    if not 1 < distinct <= min(FEATURES, len(there) / 2):
        return None
    return "labels" if any(len(cell) > 1 for cell in cells) else "category"
