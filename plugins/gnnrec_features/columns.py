"""Columns of a node table, found by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnnrec import DataError
from gnnrec.contract.kinds import NODE_TYPES
from gnnrec.errors import suggestion

if TYPE_CHECKING:
    import pandas as pd

    from gnnrec import Observed


def column_of(table: pd.DataFrame, column: str, encoder: str) -> pd.Series[Any]:
    """A column.

    Args:
        table: Of nodes.
        column: Its name.
        encoder: Who asks, for the message.

    Raises:
        DataError: The table has no such column.
    """
    if column not in table:
        raise DataError(f"{encoder}: the table has no column '{column}'{suggestion(column, map(str, table.columns))}")
    return table[column]


def texts_of(table: pd.DataFrame, column: str) -> list[str]:
    """A text for each row, empty where it is missing.

    Raises:
        DataError: The table has no such column, or it holds something else than text.
    """
    cells = column_of(table, column, "text")
    texts = ["" if missing else cell for cell, missing in zip(cells, cells.isna(), strict=True)]
    wrong = next((text for text in texts if not isinstance(text, str)), None)
    if wrong is not None:
        raise DataError(
            f"text: column '{column}' holds something else than text, such as {str(wrong)[:60]}; for numbers "
            f"use {{name: numeric, columns: [{column}]}}, for lists {{name: multi_hot, column: {column}}}"
        )
    return texts


def id_column(table: pd.DataFrame, observed: Observed) -> str:
    """The column of original ids, which is called like the type of the nodes."""
    same = (node_type for node_type, each in observed.tables.items() if each is table)
    named = (str(column) for column in table.columns if column in {*NODE_TYPES, *observed.tables})
    return next(same, None) or next(named)
