"""A knowledge graph in atomic files as relations between items and entities."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gnnrec import DataError
from gnnrec.data.lookup import nodes_of
from gnnrec.data.relation_table import relation_of
from gnnrec_datasets.atomic_files import as_text

if TYPE_CHECKING:
    from gnnrec import Interactions
    from gnnrec_datasets.atomic_files import AtomicFile

ENTITY = "entity"
TRIPLE = ("head_id", "relation_id", "tail_id")


def with_graph(data: Interactions, kg: AtomicFile | None, link: AtomicFile | None, item: str) -> Interactions:
    """The same data with a relation for each kind of triple, and a table of the entities that are no items.

    Args:
        data: Its items are linked.
        kg: Triples: columns `head_id`, `relation_id`, `tail_id`.
        link: Which entities are items: the column of item ids, and `entity_id`. Those of items without interactions
            stay entities.
        item: The column of item ids.

    Raises:
        DataError: One of the files is there without the other, an id is missing, an entity is two items, or two
            kinds of triples would be called alike.
    """
    if kg is None and link is None:
        return data
    if kg is None or link is None:
        there, missing = (link, ".kg") if kg is None else (kg, ".link")
        path = there.path if there is not None else None
        raise DataError(
            f"{path} needs the file that ends in {missing} beside it: triples, and which entities are items"
        )
    triples = _text(kg, TRIPLE).drop_duplicates(ignore_index=True)
    names = _names(triples["relation_id"].unique().tolist(), kg)
    item_of = _linked(data, link, item)
    ends = {}
    for end in ("head", "tail"):
        linked = triples[f"{end}_id"].map(item_of)
        ends[end] = (linked.notna(), linked.where(linked.notna(), triples[f"{end}_id"]))
    others = pd.concat([ids[~is_item] for is_item, ids in ends.values()]).unique()
    tables = {**data.tables, ENTITY: pd.DataFrame({ENTITY: np.sort(others.astype(str))})}
    relations = [*data.relations]
    (head_is_item, heads), (tail_is_item, tails) = ends.values()
    types = {True: "item", False: ENTITY}
    edges = pd.DataFrame(
        {
            "from": head_is_item.map(types),
            "name": triples["relation_id"].map(names),
            "to": tail_is_item.map(types),
            "source": heads,
            "target": tails,
        }
    )
    for (from_type, name, to_type), rows in edges.groupby(["from", "name", "to"]):
        edge_type = (str(from_type), str(name), str(to_type))
        relations.append(relation_of(rows[["source", "target"]], edge_type, tables, 0.0)[0])
    return replace(data, tables=tables, relations=tuple(relations))


def _linked(data: Interactions, link: AtomicFile, item: str) -> dict[str, object]:
    """The item that an entity is, of those that have interactions."""
    table = _text(link, (item, "entity_id")).drop_duplicates()
    known = data.items["item"]
    nodes = nodes_of(table[item], known)
    linked = table[nodes >= 0].assign(node=nodes[nodes >= 0])
    twice = linked["entity_id"].duplicated()
    if twice.any():
        entity = linked["entity_id"][twice].iloc[0]
        items = " and ".join(linked[item][linked["entity_id"] == entity])
        raise DataError(f"{link.path}: entity {entity} is linked to the items {items}; an entity is one item at most")
    return dict(zip(linked["entity_id"], known.iloc[linked["node"]].tolist(), strict=True))


def _text(file: AtomicFile, names: tuple[str, ...]) -> pd.DataFrame:
    """Some columns as text.

    Raises:
        DataError: A cell is empty.
    """
    table = pd.DataFrame({name: as_text(column) for name, column in file.columns(names).items()})
    missing = table.isna()
    if missing.any(axis=None):
        row = int(missing.any(axis=1).to_numpy().argmax())
        column = missing.columns[missing.iloc[row]][0]
        raise DataError(f"{file.path}: row {row + 1} has nothing in column '{column}'")
    return table


def _names(relations: list[str], kg: AtomicFile) -> dict[str, str]:
    """What each kind of triple is called here, where names are letters, digits and _."""
    names: dict[str, str] = {}
    for relation in relations:
        name = re.sub(r"[^A-Za-z0-9]+", "_", relation)
        taken = next((other for other, its in names.items() if its == name), None)
        if taken is not None:
            raise DataError(f"{kg.path}: relations '{taken}' and '{relation}' would both be called {name}; rename one")
        names[relation] = name
    return names
