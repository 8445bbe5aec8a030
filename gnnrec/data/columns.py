"""What is known of nodes: the columns of a table in a few words each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COLLECTIONS = (list, tuple, set, np.ndarray)


@dataclass(frozen=True)
class Column:
    """A column of a node table.

    Attributes:
        of: The node type.
        name: What it is called.
        type: `whole numbers`, `numbers`, `yes or no`, `times`, `lists`, `text`, or `nothing` where all is missing.
        missing: The share of nodes without a value.
        distinct: How many different values there are.
    """

    of: str
    name: str
    type: str
    missing: float
    distinct: int


def describe_columns(tables: Mapping[str, pd.DataFrame]) -> Iterator[Column]:
    """Each column of each table, but for those of original ids."""
    for node_type, table in tables.items():
        for name in table.columns:
            if name != node_type:
                column = table[name]
                there = column.dropna()
                yield Column(
                    node_type, str(name), _type(there), round(1 - len(there) / len(table), 4), _distinct(there)
                )


def _type(there: pd.Series[Any]) -> str:
    if there.empty:
        return "nothing"
    for word, test in (
        ("yes or no", pd.api.types.is_bool_dtype),
        ("whole numbers", pd.api.types.is_integer_dtype),
        ("numbers", pd.api.types.is_numeric_dtype),
        ("times", pd.api.types.is_datetime64_any_dtype),
    ):
        if test(there.infer_objects()):
            whole = word == "numbers" and bool((there % 1 == 0).all())  # a gap makes floats of whole numbers
            return "whole numbers" if whole else word
    return "lists" if there.map(lambda cell: isinstance(cell, COLLECTIONS)).any() else "text"


def _distinct(there: pd.Series[Any]) -> int:
    try:
        return int(there.nunique())
    except TypeError:  # lists
        return int(there.map(str).nunique())
