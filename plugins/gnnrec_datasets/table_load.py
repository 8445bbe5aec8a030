"""Loads a user's own table: interactions, and what is known beside them where there are tables of it."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from gnnrec import Availability, DataError, Interactions
from gnnrec.data.parsed import parsed
from gnnrec_datasets.divided_log import held_out_once, part_by_file
from gnnrec_datasets.table_columns import Column, without_gaps
from gnnrec_datasets.table_events import Events
from gnnrec_datasets.table_files import TableFiles
from gnnrec_datasets.table_nodes import known_nodes
from gnnrec_datasets.table_text import CODED, TEXT, Layout, shown
from gnnrec_datasets.table_times import seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gnnrec_datasets.table_fields import TableFields
    from gnnrec_datasets.table_relations import RelationFile

logger = logging.getLogger("gnnrec")

LIKELY_TYPES: dict[str, Any] = {
    **dict.fromkeys(("user", "item", "event", "part"), CODED),
    "rating": pa.float64(),
    "timestamp": pa.int64(),
}
"""What most columns of text hold, by the field that names them; others are read all the same."""


def load(table: TableFields) -> Interactions:
    """The interactions of a table, which are parsed once unless that is turned off.

    Raises:
        DataError: A file is not there or is no such table, a column is not there, or a cell is not what it should be.
    """
    if not table.cache:
        return _parse(table)
    return parsed(_files(table), {"table": table.model_dump(mode="json")}, partial(_parse, table))


def _files(table: TableFields) -> list[Path]:
    """All files that are read."""
    named = [(path, field) for field, path, _ in table.named]
    named += [(path, kind) for kind in ("users", "items") if (path := getattr(table, kind)) is not None]
    named += [(each.path, f"relations.{number}.path") for number, each in enumerate(table.relations)]
    return [file.path for path, field in named for file in TableFiles.find(path, Layout(), field).files]


def _parse(table: TableFields) -> Interactions:
    columns = _columns(table)
    log = _log(table, columns)
    events = None
    if table.event is not None and table.target is not None:
        events = Events.of(columns["event"], table.target, log)
        log = events.target
    if table.test is not None:
        log = held_out_once(log, table.source)
    known = {
        kind: known_nodes(table, kind, TableFiles.find(path, _layout(table, f"{kind}s_columns"), f"{kind}s"), log[kind])
        for kind, path in (("user", table.users), ("item", table.items))
        if path is not None
    }
    data = Interactions.from_log(
        log, users=known.get("user"), items=known.get("item"), source=table.source, repeats=table.repeats
    )
    data = data if events is None else events.beside(data)
    data = data if table.least_rating is None else _liked(data, table.least_rating)
    for number, each in enumerate(table.relations):
        edges = _edges(each, table, f"relations.{number}.path")
        data = data.with_relation(edges, each.source, each.name, each.target)
    return data


def available(paths: Iterable[str]) -> tuple[Availability, ...]:
    """The files of interactions, if they are there and of a kind that is read."""
    return tuple(Availability(path, _place(path)) for path in paths)


def _place(path: str) -> str | None:
    try:
        return TableFiles.find(path, Layout(), "path").name
    except DataError:
        return None


def _layout(table: TableFields, field: str) -> Layout:
    """How text is laid out in the file of which a field names the columns."""
    return Layout(table.separator, getattr(table, field), table.quote, table.encoding, field)


def _columns(table: TableFields) -> dict[str, Column]:
    """The columns that are read, by the field that names each; rows with gaps are dropped if that is wanted."""
    layout = _layout(table, "columns")
    first, *others = found = [TableFiles.find(path, layout, field) for field, path, _ in table.named]
    files = first.joined(*others)
    types = {**LIKELY_TYPES, **({} if table.decimal == "." else {"rating": TEXT})}
    cells, origin = files.read(list(table.taken.values()), {name: types[field] for field, name in table.taken.items()})
    unread = [name for name in files.columns if name and name not in table.taken.values()]
    if unread:
        logger.info("%s: columns that are not read: %s", files.name, shown(", ".join(unread)).strip("'"))
    known = type(table).model_fields
    columns = {field: Column(cells[name], name, origin, known, table.decimal) for field, name in table.taken.items()}
    if table.test is not None:
        parts = [part for each, (_, _, part) in zip(found, table.named, strict=True) for _ in each.files]
        columns["part"] = Column(part_by_file(parts, origin), "part", origin, known)
    return without_gaps(columns) if table.missing == "drop" else columns


def _log(table: TableFields, column: Mapping[str, Column]) -> pd.DataFrame:
    log = pd.DataFrame({kind: column[kind].coded_ids(kind) for kind in ("user", "item")}, copy=False)
    if "timestamp" in column:
        log["time"] = seconds_of(column["timestamp"], table.timestamp_unit, table.timestamp_format)
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


def _edges(relation: RelationFile, table: TableFields, field: str) -> pd.DataFrame:
    """The rows of a relation's file, as `Interactions.with_relation` takes them."""
    names = None if relation.header else ("source", "target")
    layout = Layout(table.separator, names, table.quote, table.encoding, "relations")
    files = TableFiles.find(relation.path, layout, field)
    if len(files.columns) < 2:  # noqa: PLR2004 - from where, and to where
        raise DataError(
            f"{files.name} has one column, {files.columns[0]!r}; a relation has two: is dataset.separator another?"
        )
    wanted = {"source": files.columns[0], "target": files.columns[1]}
    if relation.weight is not None:
        wanted["weight"] = relation.weight
    cells, origin = files.read(list(wanted.values()))
    known = type(table).model_fields
    column = {field: Column(cells[name], name, origin, known, table.decimal) for field, name in wanted.items()}
    column = without_gaps(column) if table.missing == "drop" else column
    edges = pd.DataFrame(
        {"source": column["source"].ids(relation.source), "target": column["target"].ids(relation.target)}
    )
    if "weight" in column:
        edges["weight"] = column["weight"].numbers()
    return edges
