"""Loads a user's own table: interactions, and what is known of users and items where there are tables of them."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from gnnrec import Availability, DataError, Interactions
from gnnrec_datasets.table_columns import NOTHING, Column
from gnnrec_datasets.table_files import TableFile, shown

if TYPE_CHECKING:
    from gnnrec_datasets.table_fields import TableFields

logger = logging.getLogger("gnnrec")

WORDS = ("title", "genres")
"""Columns of text, even where they look like numbers: 1984 is a book."""


def load(table: TableFields) -> Interactions:
    """The interactions of a table.

    Raises:
        DataError: A file is not there or is no such table, a column is not there, or a cell is not what it should be.
    """
    log = _read_log(table)
    users = _known(table, "user", table.users, table.user, log) if table.users is not None else None
    items = _known(table, "item", table.items, table.item, log) if table.items is not None else None
    data = Interactions.from_log(log, users=users, items=items, source=table.path)
    return data if table.least_rating is None else _liked(data, table.least_rating)


def available(path: str) -> tuple[Availability, ...]:
    """The file of interactions, if it is there and is one that is read."""
    try:
        place = str(TableFile.find(path, None).path)
    except DataError:
        place = None
    return (Availability(path, place),)


def _read_log(table: TableFields) -> pd.DataFrame:
    file = TableFile.find(table.path, table.separator)
    cells = file.read(list(table.columns.values()))
    column = {field: Column(cells[name], name, file.path) for field, name in table.columns.items()}
    log = pd.DataFrame({kind: column[kind].ids(kind) for kind in ("user", "item")})
    if "timestamp" in column:
        log["time"] = column["timestamp"].times(table.timestamp_unit)
    if "rating" in column:
        log["weight"] = column["rating"].numbers()
    if "part" in column:
        log["part"] = column["part"].parts()
    return log


def _liked(data: Interactions, least: float) -> Interactions:
    """What the filter `min_rating` leaves, which has taken this field's place."""
    weight = data.edges.weight
    if weight is None or not (liked := weight >= least).any():
        highest = "none" if weight is None else f"{weight.max():g}"
        raise DataError(f"{data.source}: no rating is {least:g} or more; the highest is {highest}")
    return data.keep(liked)


def _known(table: TableFields, kind: str, path: str, id_column: str, log: pd.DataFrame) -> pd.DataFrame:
    """What a table of nodes knows of the nodes of the log, under the log's ids."""
    file = TableFile.find(path, table.separator)
    new_names = {id_column: kind} | ({table.title: "title"} if kind == "item" and table.title is not None else {})
    file.require(*new_names)
    names = [name for name in file.columns if name and not re.fullmatch(r"__index_level_\d+__", name)]
    for old, new in new_names.items():
        if old != new and new in names:
            raise DataError(f"{file.path}: column '{old}' is taken for '{new}', but there is a column '{new}' as well")
    cells = file.read(names)
    columns = {new_names.get(name, name): cells[name] for name in names}
    known = pd.DataFrame({name: _feature(name, cells) for name, cells in columns.items() if name != kind})
    return _matched(known, Column(columns[kind], id_column, file.path).ids(kind), log[kind], file)


def _matched(known: pd.DataFrame, ids: pd.Series[Any], wanted: pd.Series[Any], file: TableFile) -> pd.DataFrame:
    """The rows of nodes that are wanted, by the ids that the log has: 7 and '7' are one."""
    kind = str(wanted.name)
    nodes = pd.Index(wanted.unique())
    position = nodes.astype(str).get_indexer(pd.Index(ids.astype(str)))
    found = position >= 0
    count = len(set(position[found]))
    if count == 0 and len(nodes):
        theirs = f"its first id is {shown(ids.iloc[0])}" if len(ids) else "it has no rows"
        raise DataError(
            f"{file.path} has none of the {len(nodes)} {kind}s that have interactions, "
            f"such as {shown(nodes[0])}; {theirs}"
        )
    if count < len(nodes):
        logger.warning("%s: %d of %d %ss are not in it", file.path, len(nodes) - count, len(nodes), kind)
    matched: pd.DataFrame = known[found].copy()
    matched.insert(0, kind, nodes[position[found]])
    return matched


def _feature(name: str, cells: pa.ChunkedArray[Any]) -> pd.Series[Any]:
    """A column as pandas has it; text becomes numbers if each cell is one, and nothing is lost by it."""
    values: pd.Series[Any] = cells.to_pandas()
    if not pa.types.is_large_string(cells.type) or name in WORDS:
        return values
    filled = values.where(~values.isin(NOTHING))
    numbers = pd.to_numeric(filled, errors="coerce")
    if (numbers.isna() == filled.isna()).all() and not filled.str.match(r"-?0[0-9]").any():
        return numbers
    return values
