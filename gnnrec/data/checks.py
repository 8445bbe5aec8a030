"""What is checked of interactions at birth."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gnnrec.data.parts import OF_DATA, TEST, TRAIN
from gnnrec.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from gnnrec.data.edges import Edges, Relation

NAME = r"[A-Za-z0-9_]+"
"""What a node type, a relation or a behaviour may be called."""


def check_tables(tables: Mapping[str, pd.DataFrame], counts: Mapping[str, int]) -> None:
    """There are users and items; each table bears its ids, each once, and has a row for each node.

    Args:
        tables: By node type.
        counts: How many nodes there are, of the types of which that is known.
    """
    for node_type in counts:
        if node_type not in tables:
            raise ContractError(f"there is no table of {node_type}s; there are tables of {', '.join(tables)}")
    for column, table in tables.items():
        if column not in table:
            raise ContractError(f"the table of {column}s has no column '{column}'; it has {list(table.columns)}")
        if len(table) != counts.get(column, len(table)):
            raise ContractError(f"the table of {column}s has {len(table)} rows for {counts[column]} nodes")
        if table[column].duplicated().any():
            raise ContractError(f"an original id stands twice in the table of {column}s")


def in_order_of_types(node_type: str) -> tuple[bool, bool, str]:
    """Users, items, and then the others by name."""
    return node_type != "user", node_type != "item", node_type


def check_names(names: Iterable[str]) -> None:
    """Files and graphs are called by them."""
    strange = next((name for name in names if not re.fullmatch(NAME, name)), None)
    if strange is not None:
        raise ContractError(f"node types, relations and behaviours are called by letters, digits, _; got {strange!r}")


def check_parts(parts: npt.NDArray[np.int8], count: int) -> None:
    """A part for each interaction, and none that data do not come in."""
    if parts.dtype != np.int8 or parts.shape != (count,):
        raise ContractError(f"parts are int8 [{count}]; got {parts.dtype} {list(parts.shape)}")
    if count and not TRAIN <= parts.min() <= parts.max() <= TEST:
        raise ContractError(f"parts lie in {TRAIN}..{TEST} ({', '.join(OF_DATA)}); got {parts.min()}..{parts.max()}")


def check_same_nodes(edges: Edges, others: Mapping[str, Edges | None]) -> None:
    """Whatever else users did to items is about the same ones."""
    for name, each in others.items():
        if each is not None and (each.num_users, each.num_items) != (edges.num_users, edges.num_items):
            raise ContractError(f"{name} is over other users and items than the interactions")


def check_edge_types(behaviours: Iterable[str], relations: Iterable[Relation]) -> None:
    """Graphs and the leak gate tell interactions, behaviours and relations apart by types and name."""
    taken = {("user", "interacts", "item"): "the interactions"}
    others = [(("user", name, "item"), f"behaviour {name}") for name in behaviours]
    for edge_type, what in others + [(each.edge_type, f"relation {each.key}") for each in relations]:
        if edge_type in taken:
            raise ContractError(f"{what} is called like {taken[edge_type]}; give it another name")
        taken[edge_type] = what


def check_relations(relations: Sequence[Relation], tables: Mapping[str, pd.DataFrame]) -> None:
    """Each, in the order of their keys, stands once and leads to nodes that there are."""
    twice = next((one.key for one, other in pairwise(relations) if one.key == other.key), None)
    if twice is not None:
        raise ContractError(f"relation {twice} stands twice; join its edges before")
    for relation in relations:
        ends = (
            ("source", relation.source_type, relation.source),
            ("target", relation.target_type, relation.target),
            ("by_user", "user", relation.by_user),
        )
        for name, node_type, ids in ends:
            if node_type not in tables:
                raise ContractError(f"relation {relation.key}: there is no table of {node_type}s")
            if ids is not None and len(ids) and ids.max() >= len(tables[node_type]):
                raise ContractError(
                    f"relation {relation.key}: {name} leads to {node_type} {ids.max()} of {len(tables[node_type])}"
                )
