"""Interactions told by original ids: the same under other numbers, and whether some are among others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gnnrec.testing.comparing import difference

if TYPE_CHECKING:
    from gnnrec.data.edges import Edges, IdArray, Relation
    from gnnrec.data.interactions import Interactions


def renumbered(data: Interactions) -> Interactions:
    """The same data, whose nodes have other numbers: so tables have another order of rows, and interactions too."""
    order = {kind: _another_order(len(table)) for kind, table in data.tables.items()}
    new = {kind: np.argsort(rows) for kind, rows in order.items()}

    def moved(edges: Edges) -> Edges:
        return replace(edges, users=new["user"][edges.users], items=new["item"][edges.items])

    def moved_relation(relation: Relation) -> Relation:
        return replace(
            relation,
            source=new[relation.source_type][relation.source],
            target=new[relation.target_type][relation.target],
            by_user=None if relation.by_user is None else new["user"][relation.by_user],
        )

    return replace(
        data,
        edges=moved(data.edges),
        tables={kind: table.iloc[order[kind]].reset_index(drop=True) for kind, table in data.tables.items()},
        relations=tuple(map(moved_relation, data.relations)),
        behaviours={name: moved(each) for name, each in data.behaviours.items()},
        filtered=None if data.filtered is None else moved(data.filtered),
    )


def _another_order(count: int) -> IdArray:
    """Of rows: int64 [n], never as they were where there are two."""
    drawn = np.random.default_rng(0).permutation(count)
    return drawn if (drawn != np.arange(count)).any() else drawn[::-1]


def pairs_of(data: Interactions, edges: Edges | None) -> pd.MultiIndex:
    """Pairs of original ids, user and item, [E]; none where there are no edges."""
    table = data.to_table(data.edges.keep(np.zeros(0, np.int64)) if edges is None else edges)
    return pd.MultiIndex.from_frame(table[["user", "item"]])


def strangers_among(got: Interactions, given: Interactions) -> str | None:
    """How many of the interactions that were got are none of the given ones, in words."""
    strange = ~pairs_of(got, got.edges).isin(pairs_of(given, given.edges))
    return f"{int(strange.sum())} of {len(got)} interactions were not given" if strange.any() else None


def altered(got: Interactions, given: Interactions) -> str | None:
    """Where what was got is not what `given.keep` makes of it, in words; what counts as seen is not looked at."""
    chosen = pairs_of(given, given.edges).isin(pairs_of(got, got.edges))
    plain = replace(got, filtered=None)
    kept = replace(given.keep(chosen), filtered=None)
    if chosen.all() and difference(replace(given, filtered=None), plain) is None:  # nodes that are alone are there too
        return None
    return difference(kept, plain)
