"""What a table says of users or items, matched with those that interact."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from gnnrec import DataError
from gnnrec.data.log import tell_left_out
from gnnrec_datasets.table_columns import Column, is_text, without_gaps
from gnnrec_datasets.table_text import shown

if TYPE_CHECKING:
    from gnnrec_datasets.table_fields import TableFields
    from gnnrec_datasets.table_files import Origin, TableFiles

logger = logging.getLogger("gnnrec")

WORDS = ("title", "genres")
"""Columns of text, even where they look like numbers: 1984 is a book."""


def known_nodes(table: TableFields, kind: str, files: TableFiles, wanted: pd.Series[Any]) -> pd.DataFrame:
    """What a table of nodes knows of the nodes of a log, under the log's ids.

    Args:
        table: What was said of it.
        kind: `user` or `item`.
        files: Where it is.
        wanted: The ids of the log.

    Raises:
        DataError: A column is not there, an id stands twice, or none of the nodes is in it.
    """
    id_column, title = (table.user, None) if kind == "user" else (table.item, table.title)
    new_names = {id_column: kind} | ({} if title is None else {title: "title"})
    files.require(*new_names)
    names = [name for name in files.columns if name and not re.fullmatch(r"__index_level_\d+__", name)]
    for old, new in new_names.items():
        if old != new and new in names:
            raise DataError(f"{files.name}: column '{old}' is taken for '{new}', but there is a column '{new}' as well")
    cells, origin = files.read(names)
    fields = type(table).model_fields
    id_cells = Column(cells[id_column], id_column, origin, fields)
    if table.missing == "drop":
        there = ~id_cells.missing
        cells, id_cells = cells.filter(pa.array(there)), without_gaps({kind: id_cells})[kind]
    columns = {new_names.get(name, name): Column(cells[name], name, origin, fields, table.decimal) for name in names}
    known = pd.DataFrame({name: _feature(name, column) for name, column in columns.items() if name != kind})
    ids = id_cells.ids(kind)
    _once(ids, kind, id_cells.origin)
    return _matched(known, ids, wanted, files.name)


def _once(ids: pd.Series[Any], kind: str, origin: Origin) -> None:
    again = ids.duplicated().to_numpy(bool)
    if again.any():
        second = int(again.argmax())
        first = int((ids == ids.iloc[second]).to_numpy(bool).argmax())
        raise DataError(
            f"{origin.name}: {again.sum()} rows are of {kind}s that stood before; {shown(ids.iloc[second])} stands in "
            f"{origin.row(first)} and in {origin.row(second)}; keep one row of each"
        )


def _matched(known: pd.DataFrame, ids: pd.Series[Any], wanted: pd.Series[Any], source: str) -> pd.DataFrame:
    """The rows of nodes that are wanted, by the ids that the log has: 7 and '7' are one."""
    kind = str(wanted.name)
    nodes = pd.Index(list(wanted.unique()))
    position = nodes.astype(str).get_indexer(pd.Index(ids.astype(str)))
    found = position >= 0
    count = len(set(position[found]))
    if count == 0 and len(nodes):
        theirs = f"its first id is {shown(ids.iloc[0])}" if len(ids) else "it has no rows"
        raise DataError(
            f"{source} has none of the {len(nodes)} {kind}s that have interactions, such as {shown(nodes[0])}; {theirs}"
        )
    if count < len(nodes):
        logger.warning("%s: %d of %d %ss are not in it", source, len(nodes) - count, len(nodes), kind)
    tell_left_out(kind, len(ids) - count, len(ids), source)
    matched: pd.DataFrame = known[found].copy()
    matched.insert(0, kind, nodes[position[found]])
    return matched


def _feature(name: str, column: Column) -> pd.Series[Any]:
    """A column as pandas has it; text becomes numbers if each cell is one, and nothing is lost by it."""
    values: pd.Series[Any] = column.plain.to_pandas()
    if not is_text(column.plain.type) or name in WORDS:
        return values
    numbers = pd.Series(column.floats())
    if (numbers.isna() == values.isna()).all() and not values.str.match(r"-?0[0-9]").any():
        return pd.to_numeric(values) if column.decimal == "." else numbers
    return values
