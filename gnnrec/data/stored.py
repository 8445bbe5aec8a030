"""Interactions on disk: tables of nodes, relations and behaviours as Parquet, by original ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from gnnrec.data.edges import Edges, Relation
from gnnrec.data.interactions import Interactions
from gnnrec.errors import ContractError, DataError, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import numpy.typing as npt

TABLES = {"user": "users", "item": "items"}
"""The tables of the two node types that are always there; those of others are in a folder."""

NODES, RELATIONS, BEHAVIOURS = "nodes", "relations", "behaviours"
"""Folders with a file per node type, relation or behaviour."""

FILTERED = "filtered"

PARQUET = ".parquet"
IN_FOLDER = f"[!.]*{PARQUET}"
"""Whatever a file system hides beside a file is none."""


def tables_of(data: Interactions) -> dict[str, pd.DataFrame]:
    """All that the data have besides the interactions themselves, by the name of its file within the folder."""
    tables = {TABLES.get(kind, f"{NODES}/{kind}"): table for kind, table in data.tables.items()}
    if data.filtered is not None:
        tables[FILTERED] = data.to_table(data.filtered)
    tables |= {f"{RELATIONS}/{each.key}": _relation_table(each, data) for each in data.relations}
    return tables | {f"{BEHAVIOURS}/{name}": data.to_table(each) for name, each in data.behaviours.items()}


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write each to a file of its name.

    Raises:
        OSError: The disk is full or may not be written.
        DataError: A table has cells that Parquet does not take.
    """
    for name, table in tables.items():
        path = folder / f"{name}{PARQUET}"
        path.parent.mkdir(exist_ok=True)
        try:
            _without_gaps(table).to_parquet(path, index=False)
        except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
            reason = " ".join(map(str, error.args))
            raise DataError(f"{name} cannot be written as {path.name}: {reason}") from None


def read_table(path: Path) -> pd.DataFrame:
    """One of the tables.

    Raises:
        DataError: It is missing or damaged.
    """
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}") from None


def read_interactions(
    folder: Path, name: str, users: pd.DataFrame, items: pd.DataFrame, source: str
) -> tuple[Interactions, pd.DataFrame]:
    """What was written, and the table of the interactions in their order, with whatever else it says of each.

    Args:
        folder: Where it lies.
        name: Of the file of interactions, whose rows may be in any order.
        users: Row i = node i.
        items: Row i = node i.
        source: See `Interactions`.

    Raises:
        DataError: A file is missing or damaged, lacks a column, or leads to what is in no table.
    """
    tables = {"user": users, "item": items} | {path.stem: read_table(path) for path in _files(folder / NODES)}
    ids = {kind: _ids(folder, kind, table) for kind, table in tables.items()}
    log, filtered = folder / f"{name}{PARQUET}", folder / f"{FILTERED}{PARQUET}"
    table = read_table(log)
    try:
        edges, order = _edges(table, log, ids).sorted()
        data = Interactions(
            edges,
            tables,
            tuple(_relation(path, ids) for path in _files(folder / RELATIONS)),
            {path.stem: _edges(read_table(path), path, ids) for path in _files(folder / BEHAVIOURS)},
            filtered=_edges(read_table(filtered), filtered, ids) if filtered.exists() else None,
            source=source,
        )
    except ContractError as error:
        raise DataError(f"{folder} holds no data that belong together: {error}") from None
    return data, table if order is None else table.iloc[order]


def numbers(column: pd.Series[Any], dtype: Any) -> Any:
    """An array of its own: what a table lends cannot be written to, and torch wants tensors that can."""
    return column.to_numpy(dtype, copy=True)


def _files(folder: Path) -> Iterable[Path]:
    return sorted(folder.glob(IN_FOLDER))


def _without_gaps(table: pd.DataFrame) -> pd.DataFrame:
    """Categories that are whole numbers would come back as floats where a cell is missing."""
    gaps = [
        name
        for name, dtype in table.dtypes.items()
        if isinstance(dtype, pd.CategoricalDtype)
        and pd.api.types.is_integer_dtype(dtype.categories.dtype)
        and table[name].hasnans
    ]
    return table.astype(dict.fromkeys(gaps, "Int64"))


def _relation_table(relation: Relation, data: Interactions) -> pd.DataFrame:
    types = {"source": relation.source_type, "target": relation.target_type, "by_user": "user"}
    ends = {name: (ids, types[name]) for name in types if (ids := getattr(relation, name)) is not None}
    more = {name: values for name in ("time", "weight") if (values := getattr(relation, name)) is not None}
    return pd.DataFrame({name: data.tables[kind][kind].to_numpy()[ids] for name, (ids, kind) in ends.items()} | more)


def _relation(path: Path, ids: Mapping[str, pd.Index[Any]]) -> Relation:
    table, types = read_table(path), path.stem.split("-")
    ends = {"source": types[0], "target": types[-1]} | ({"by_user": "user"} if "by_user" in table else {})
    known: dict[str, Any] = {**_nodes(table, path, ends, ids), **_values(table, path)}
    return Relation(types[0], "-".join(types[1:-1]), types[-1], **known)


def _edges(table: pd.DataFrame, path: Path, ids: Mapping[str, pd.Index[Any]]) -> Edges:
    ends = _nodes(table, path, {kind: kind for kind in TABLES}, ids)
    return Edges(ends["user"], ends["item"], len(ids["user"]), len(ids["item"]), **_values(table, path))


def _ids(folder: Path, kind: str, table: pd.DataFrame) -> pd.Index[Any]:
    """The original ids of a node type, each once, in the order of nodes."""
    path = folder / f"{TABLES.get(kind, f'{NODES}/{kind}')}{PARQUET}"
    _check_column(kind, table, path)
    ids: pd.Index[Any] = pd.Index(table[kind])
    if not ids.is_unique:
        raise DataError(f"{path}: {kind} {ids[ids.duplicated()][0]!r} stands twice in it")
    return ids


def _nodes(
    table: pd.DataFrame, path: Path, types: Mapping[str, str], ids: Mapping[str, pd.Index[Any]]
) -> dict[str, npt.NDArray[np.int64]]:
    """The nodes that columns of original ids lead to: int64 [n] by column.

    Args:
        table: Has the columns.
        path: Of its file, for messages.
        types: Of the nodes, by column.
        ids: By node type.
    """
    found = {}
    for column, kind in types.items():
        _check_column(column, table, path)
        if kind not in ids:
            raise DataError(f"{path} leads to nodes of type {kind}, of which there is no table")
        nodes = np.asarray(ids[kind].get_indexer(pd.Index(table[column])), np.int64)
        unknown = np.flatnonzero(nodes < 0)
        if len(unknown):
            raise DataError(
                f"{path}: {len(unknown)} of {len(table)} rows lead to a {kind} that is in no table, such as "
                f"{table[column].tolist()[unknown[0]]!r} in {column}"
            )
        found[column] = nodes
    return found


def _values(table: pd.DataFrame, path: Path) -> dict[str, Any]:
    """What is known of edges: `time` int64 [n], `weight` float32 [n]."""
    known = {
        "time": (np.int64, "whole seconds", pd.api.types.is_integer_dtype),
        "weight": (np.float32, "numbers", pd.api.types.is_numeric_dtype),
    }
    for name, (_, expected, is_one) in known.items():
        if name in table and (not is_one(table[name].dtype) or table[name].hasnans):
            gaps = " with gaps" if table[name].hasnans else ""
            raise DataError(f"{path}: expected {expected} in {name} of each row, got {table[name].dtype}{gaps}")
    return {name: numbers(table[name], dtype) for name, (dtype, *_) in known.items() if name in table}


def _check_column(name: str, table: pd.DataFrame, path: Path) -> None:
    if name not in table:
        raise DataError(f"{path} has no column '{name}'{suggestion(name, map(str, table.columns))}")
