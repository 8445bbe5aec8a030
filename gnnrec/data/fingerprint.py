"""Digests of data: the same on any machine, whatever the order in which rows came."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from gnnrec.data.edges import Edges, Relation


def digest_edges(edges: Edges, users: pd.Series[Any], items: pd.Series[Any]) -> str:
    """Of pairs, in their order, and of the original ids of all nodes."""
    return digest_parts(_digest_column("user", users), _digest_column("item", items), digest_values(edges.keys))


def digest_relation(relation: Relation, tables: Mapping[str, pd.DataFrame]) -> str:
    """Of a relation's edges, in their order, and of all that is known of them."""
    known = (relation.source, relation.target, relation.by_user, relation.time, relation.weight)
    columns = (tables[kind][kind] for kind in (relation.source_type, relation.target_type))
    return digest_parts(
        relation.key,
        *(_digest_column(str(column.name), column) for column in columns),
        *("" if values is None else digest_values(values) for values in known),
    )


def digest_table(table: pd.DataFrame) -> str:
    """Of all columns, in their order."""
    return digest_parts(*(_digest_column(str(name), table[name]) for name in table.columns))


def digest_values(values: npt.NDArray[Any]) -> str:
    """Of an array of numbers, in its order."""
    little = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<")))
    return hashlib.sha256(little.tobytes()).hexdigest()


def digest_parts(*parts: str) -> str:
    """Of several digests, or words, in their order."""
    return hashlib.sha256("".join(f"{part}\0" for part in parts).encode()).hexdigest()


def _digest_column(name: str, column: pd.Series[Any]) -> str:
    """Of a column's cells as text."""
    # The count keeps the last user apart from the first item.
    return digest_parts(f"{name} {len(column)}", *map(_text, column))


def _text(cell: Any) -> str:
    """A list is one whatever holds it: what was a list comes back from a file as an array."""
    if isinstance(cell, list | tuple | np.ndarray):
        return "\1".join(map(str, cell))
    missing = cell is None or cell is pd.NA or cell != cell  # noqa: PLR0124 - what is missing differs from itself
    return "" if missing else str(cell)
