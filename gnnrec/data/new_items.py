"""Items that came after training: what is known of them, from a table with a row for each."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gnnrec.data.edges import Edges
from gnnrec.data.lookup import nodes_of
from gnnrec.errors import DataError, suggestion

if TYPE_CHECKING:
    from gnnrec.data.edges import IdArray, Relation
    from gnnrec.data.interactions import Interactions

logger = logging.getLogger("gnnrec")

ITEM, USERS = "item", "users"

TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
"""How text says yes and no."""

SEPARATOR = "|"
"""What stands between ids where a cell is text: `Comedy|Drama`."""


@dataclass(frozen=True)
class NewItems:
    """New items and what is known of them; they are numbered from 0.

    Attributes:
        table: A row for each, with the columns of the data's item table; what is not known is missing.
        links: Relation key to (new item, other end), int64 [n] each, for relations that start from an item.
        edges: Who interacted with them already, over the users of the data and the new items.
    """

    table: pd.DataFrame
    links: dict[str, tuple[IdArray, IdArray]]
    edges: Edges

    def __len__(self) -> int:
        return len(self.table)

    @property
    def linked(self) -> IdArray:
        """How many links and interactions each has: int64 [n]."""
        ends = [new for new, _ in self.links.values()]
        return np.bincount(np.concatenate([*ends, self.edges.items]), minlength=len(self))

    def only(self, row: int) -> NewItems:
        """One of them, numbered 0."""
        links = {}
        for key, (new, ends) in self.links.items():
            links[key] = (np.zeros_like(new[new == row]), ends[new == row])
        kept = self.edges.keep(self.edges.items == row)
        edges = replace(kept, items=np.zeros_like(kept.items), num_items=1)
        return NewItems(self.table.iloc[[row]].reset_index(drop=True), links, edges)

    def after(self, first: int) -> NewItems:
        """The same, numbered from `first`: as items that follow so many others."""
        links = {key: (new + first, ends) for key, (new, ends) in self.links.items()}
        edges = replace(self.edges, items=self.edges.items + first, num_items=self.edges.num_items + first)
        return replace(self, links=links, edges=edges)


def new_items(table: pd.DataFrame, data: Interactions, source: str) -> NewItems:
    """Read new items from a table.

    Args:
        table: Column `item`, ids that the data do not know yet. A column that the item table has is known of an item as
            there. A column called like a relation that starts from items (`has_genre`), or like the nodes that it leads
            to (`genre`, `genres`), holds their ids, in lists or as text with `|` between; `users` holds those who
            interacted with the item already. Text is a number where the item table has numbers.
        data: What the run knows.
        source: What messages call the table.

    Raises:
        DataError: There are no rows or no column `item`, an id is missing, stands twice, or is that of an old item, or
            a cell is no number where the item table has numbers.
    """
    if ITEM not in table:
        raise DataError(f"{source} has no column '{ITEM}'{suggestion(ITEM, map(str, table.columns))}")
    if table.empty:
        raise DataError(f"{source} has no rows; a new item is a row")
    _check_ids(table[ITEM], data, source)
    relations = [relation for relation in data.relations if relation.source_type == ITEM]
    columns = {relation.key: name for relation in relations if (name := _column(relation, table)) is not None}
    unused = set(map(str, table.columns)) - {*data.items.columns, *columns.values(), USERS}
    if unused:
        logger.warning("%s: nothing is called %s, so nothing is learned from it", source, ", ".join(sorted(unused)))
    links = {
        relation.key: _linked(
            table[columns[relation.key]], data.tables[relation.target_type][relation.target_type], relation, source
        )
        for relation in relations
        if relation.key in columns
    }
    counts = data.edges.num_users, len(table)
    edges = Edges(np.zeros(0, np.int64), np.zeros(0, np.int64), *counts)
    if USERS in table:
        items, users = _linked(table[USERS], data.users["user"], None, source)
        edges = Edges(users, items, *counts)
    known = table.reset_index(drop=True).reindex(columns=data.items.columns)
    for column in known.columns.drop(ITEM):
        known[column] = _like(known[column], data.items[column], source)
    return NewItems(known, links, edges)


def _like(cells: pd.Series[Any], old: pd.Series[Any], source: str) -> pd.Series[Any]:
    """Text as the numbers that the old items have in a column; anything else as it is."""
    types = pd.api.types
    if not types.is_numeric_dtype(old) or types.is_numeric_dtype(cells):
        return cells
    numbers = cells.map(TRUTH) if types.is_bool_dtype(old) else pd.to_numeric(cells, errors="coerce")
    bad = (numbers.isna() & cells.notna()).to_numpy()
    if bad.any():
        row, what = int(bad.argmax()), "true or false" if types.is_bool_dtype(old) else "numbers"
        raise DataError(f"{source}: column '{cells.name}' holds {what}; row {row + 1} has {cells.iloc[row]!r}")
    return numbers


def _check_ids(ids: pd.Series[Any], data: Interactions, source: str) -> None:
    if ids.isna().any():
        raise DataError(f"{source}: {int(ids.isna().sum())} rows have no item id")
    twice = ids[ids.duplicated()]
    if len(twice):
        raise DataError(f"{source}: item {twice.iloc[0]} stands twice")
    old = ids[nodes_of(ids, data.items[ITEM]) >= 0]
    if len(old):
        raise DataError(
            f"{source}: {len(old)} of {len(ids)} items are known already, the first is {old.iloc[0]}; leave them out, "
            "or give a new item an id of its own"
        )


def _column(relation: Relation, table: pd.DataFrame) -> str | None:
    """What a table calls the other ends of a relation."""
    names = [relation.name]
    if relation.target_type != ITEM:
        names += [relation.target_type, f"{relation.target_type}s"]
    return next((name for name in names if name in table), None)


def _linked(
    cells: pd.Series[Any], ids: pd.Series[Any], relation: Relation | None, source: str
) -> tuple[IdArray, IdArray]:
    """Rows, and the nodes whose ids stand in their cells; two int64 [n], each pair once."""
    named = [(row, name) for row, cell in enumerate(cells) for name in _names(cell)]
    nodes = nodes_of(pd.Series([name for _, name in named], dtype=object), ids)
    missing = [name for (_, name), node in zip(named, nodes, strict=True) if node < 0]
    if missing:
        what = "users" if relation is None else f"{relation.target_type} nodes"
        logger.warning(
            "%s: %d of %d %s are not known and left out, the first is %s",
            source,
            len(missing),
            len(named),
            what,
            missing[0],
        )
    pairs = {(row, int(node)) for (row, _), node in zip(named, nodes, strict=True) if node >= 0}
    both = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    return both[:, 0].copy(), both[:, 1].copy()


def _names(cell: Any) -> list[str]:
    if isinstance(cell, str):
        return [name for part in cell.split(SEPARATOR) if (name := part.strip())]
    if isinstance(cell, Sequence | np.ndarray):
        return [str(each) for each in cell]
    if pd.isna(cell):
        return []
    return [str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)]  # a year in a gappy column
