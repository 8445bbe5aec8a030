"""From a table with a row per edge, by original ids, to a relation between nodes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gnnrec.data.edges import Relation
from gnnrec.data.lookup import nodes_of
from gnnrec.errors import ContractError, DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gnnrec.data.edges import IdArray, Mask, Weights

logger = logging.getLogger("gnnrec")

RELATION_COLUMNS = ("source", "target", "by_user", "time", "weight")
"""The columns that the table of a relation may have; the first two it has."""


def relation_of(
    table: pd.DataFrame, edge_type: tuple[str, str, str], tables: Mapping[str, pd.DataFrame], most_unknown: float
) -> tuple[Relation, dict[str, pd.DataFrame]]:
    """The relation, and the node tables, that of its targets among them.

    Args:
        table: See `Interactions.with_relation`, which says what is raised, too.
        edge_type: Source type, name, target type.
        tables: Node type to table; that of the targets may be there.
        most_unknown: Share of the rows.
    """
    source_type, name, target_type = edge_type
    key = "-".join(edge_type)
    _check_columns(table, key)
    if source_type not in tables:
        raise ContractError(
            f"relation {key}: there is no table of {source_type}s; there are those of {', '.join(tables)}"
        )
    known = dict(tables)
    if target_type not in known:
        known[target_type] = pd.DataFrame({target_type: _in_order(table["target"])})
    types = {"source": source_type, "target": target_type} | ({"by_user": "user"} if "by_user" in table else {})
    columns: dict[str, Any] = {column: nodes_of(table[column], known[kind][kind]) for column, kind in types.items()}
    kept = _known_rows(table, types, columns, known, key, most_unknown)
    if "time" in table:
        columns["time"] = table["time"].to_numpy(np.int64)
    if "weight" in table:
        columns["weight"] = _weights(table, types, key)
    chosen = {column: values[kept] for column, values in columns.items()}
    return Relation(source_type, name, target_type, **chosen), known


def _check_columns(table: pd.DataFrame, key: str) -> None:
    strange = [str(column) for column in table if column not in RELATION_COLUMNS]
    lacking = [column for column in RELATION_COLUMNS[:2] if column not in table]
    if strange or lacking:
        raise ContractError(
            f"the table of relation {key} has the columns {', '.join(RELATION_COLUMNS)}, the first two at least; "
            f"got {', '.join(map(str, table))}"
        )
    if "time" in table and not pd.api.types.is_integer_dtype(table["time"]):
        raise ContractError(f"time of relation {key} is whole seconds since 1970; got {table['time'].dtype}")


def _in_order(ids: pd.Series[Any]) -> Any:
    """Each id once: whole numbers in their order, all else as text in alphabetical order."""
    each = pd.Series(ids.dropna().unique()).convert_dtypes()
    said = each.astype(np.int64) if pd.api.types.is_integer_dtype(each) else each.astype(str)
    return np.sort(said.to_numpy())


def _known_rows(
    table: pd.DataFrame,
    types: Mapping[str, str],
    nodes: Mapping[str, IdArray],
    known: Mapping[str, pd.DataFrame],
    key: str,
    most_unknown: float,
) -> Mask:
    """The rows whose ids are all known: bool [n]; the others are told."""
    unknown = {column: ids < 0 for column, ids in nodes.items() if (ids < 0).any()}
    if not unknown:
        return np.ones(len(table), bool)
    wrong: Mask = np.logical_or.reduce([*unknown.values()])
    kinds = " or ".join(f"{kind}s" for kind in dict.fromkeys(types[column] for column in unknown))
    told = f"{wrong.sum()} of {len(table)} rows of relation {key} lead to unknown {kinds}"
    if wrong.mean() > most_unknown:
        column, rows = next(iter(unknown.items()))
        kind, first = types[column], table[column].tolist()[rows.argmax()]
        some = ", ".join(map(repr, known[kind][kind].head(3).tolist()))
        raise DataError(
            f"{told}, such as {first!r} in {column}; more than {most_unknown:g} of them is no oversight: is that "
            f"another column, or are ids written in another way than those of {kind}s ({some}, …)?"
        )
    logger.warning("%s; left out", told)
    return ~wrong


def _weights(table: pd.DataFrame, types: Mapping[str, str], key: str) -> Weights:
    weight: Weights = pd.to_numeric(table["weight"], errors="coerce").to_numpy(np.float32)
    wrong = ~(np.isfinite(weight) & (weight >= 0))
    if wrong.any():
        row = int(wrong.argmax())
        ends = " and ".join(f"{types[column]} {table[column].iloc[row]}" for column in RELATION_COLUMNS[:2])
        raise DataError(
            f"{wrong.sum()} of {len(table)} weights of relation {key} are negative or not finite; the first is "
            f"{table['weight'].iloc[row]}, of {ends}"
        )
    return weight
