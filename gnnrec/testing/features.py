"""Checks of feature encoders: a row for each node, known or new, and the same after a run was saved."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gnnrec.contract.kinds import NODE_TYPES
from gnnrec.data.edges import Renumbering
from gnnrec.data.features import Encoding, FeatureBlock
from gnnrec.data.observed import Observed
from gnnrec.modelling.feature_states import from_plain, to_plain
from gnnrec.testing.comparing import TOLERANCE, difference
from gnnrec.testing.every_kind import EVERY_KIND, Job, repeatable
from gnnrec.testing.original_ids import renumbered
from gnnrec.testing.rule import bound, rule
from gnnrec.testing.toy_data import toy_interactions

if TYPE_CHECKING:
    from gnnrec.contract.kinds import FeatureEncoder
    from gnnrec.data.edges import Edges, Mask
    from gnnrec.data.interactions import Interactions

FIT = "gnnrec.contract.kinds.FeatureEncoder.fit"
RESTORE = "gnnrec.contract.kinds.FeatureEncoder.restore"
ENCODE = "gnnrec.data.features.Encoding.encode"


def toy_items() -> pd.DataFrame:
    """The toy's table of items: columns `item`, `title`, `genres`."""
    return toy_interactions().items


@dataclass(frozen=True)
class FeaturesCase:
    """A feature encoder and the table that it encodes.

    Attributes:
        component: Its fields are checked as they are.
        table: Of users (with a column `user`) or of items (with a column `item`).
        by_row: Whether the features of a node hang on what is known of it and not on its row. Not so where what a node
            gets is drawn by its place.
    """

    component: FeatureEncoder
    table: pd.DataFrame = field(default_factory=toy_items)
    by_row: bool = True

    @property
    def node_type(self) -> str:
        """What the table is of."""
        return "user" if "user" in self.table else "item"

    def data(self) -> Interactions:
        """The toy with a copy of the table for its own: nodes that the toy does not have know nobody."""
        toy, table = toy_interactions(), copy.deepcopy(self.table)
        counts = {kind: len(toy.tables[kind]) for kind in NODE_TYPES} | {self.node_type: len(table)}
        nodes = {kind: Renumbering(np.arange(len(toy.tables[kind])) < count) for kind, count in counts.items()}

        def over(edges: Edges) -> Edges:
            return replace(edges.renumbered(*nodes.values()), num_users=counts["user"], num_items=counts["item"])

        return replace(
            toy,
            edges=over(toy.edges),
            tables={**toy.tables, self.node_type: table},
            relations=tuple(relation.renumbered(nodes) for relation in toy.relations),
            behaviours={name: over(each) for name, each in toy.behaviours.items()},
        )

    def fit(self, observed: Observed) -> Encoding:
        """What the encoder makes of what is known."""
        return self.component.fit(observed.tables[self.node_type], observed)

    def some(self) -> tuple[dict[str, Renumbering], Observed]:
        """Numbers of half of the table's nodes, and of all others; and what is known of these."""
        whole = _observed(self.data())
        counts = {kind: whole.count(kind) for kind in NODE_TYPES}
        nodes = {kind: Renumbering(_half(count) | (kind != self.node_type)) for kind, count in counts.items()}
        return nodes, whole.only(nodes)


def _half(count: int) -> Mask:
    """Of eight rows the first four, of which none is in the toy's last genre: bool [N]."""
    half: Mask = np.arange(count) // 4 % 2 == 0
    return half


def _observed(data: Interactions) -> Observed:
    return Observed(data.edges, data.tables, data.relations, data.behaviours)


def _job(case: FeaturesCase) -> Job:
    observed = _observed(case.data())

    def result() -> Any:
        encoding = case.fit(observed)
        block = encoding.encode(observed.tables[case.node_type])
        return {"values": _matrix(block), "names": block.names, "state": to_plain(encoding.state())}

    return Job(observed, result)


@rule(FIT)
def gives_a_row_for_each_node(case: FeaturesCase) -> str | None:
    """`fit` gives an `Encoding`; its `encode` gives finite float32 [N, F], a row for each of the table, and F names."""
    data = case.data()
    encoding: Any = case.fit(_observed(data))
    if not isinstance(encoding, Encoding):
        return f"fit gives a {type(encoding).__name__}"
    block: Any = encoding.encode(data.tables[case.node_type])
    if not isinstance(block, FeatureBlock):
        return f"encode gives a {type(block).__name__}"
    values, names = _matrix(block), block.names
    if values.dtype != np.float32 or values.ndim != 2 or len(values) != len(case.table):  # noqa: PLR2004 - rows, columns
        return f"{values.dtype} {list(values.shape)} for {len(case.table)} rows"
    if len(names) != values.shape[1] or not all(isinstance(name, str) for name in names):
        return f"{values.shape[1]} columns, and the names {names}"
    return None if np.isfinite(values).all() else f"{int((~np.isfinite(values)).sum())} values that are not finite"


@rule(FIT)
def follows_the_rows_of_the_table(case: FeaturesCase) -> str | None:
    """Row i is that of node i: where nodes have other numbers, each keeps its features, by name."""
    if not case.by_row:
        return None
    first, other = case.data(), renumbered(case.data())
    ids, moved = (pd.Index(data.tables[case.node_type][case.node_type]) for data in (first, other))
    expected, got = (_by_name(case.fit(_observed(data)).encode(data.tables[case.node_type])) for data in (first, other))
    place = moved.get_indexer(ids)
    return difference(expected, {name: column[place] for name, column in got.items()}, TOLERANCE, "feature")


@rule(ENCODE)
def encodes_new_rows_alike(case: FeaturesCase) -> str | None:
    """Fitted on some rows it encodes others too: with the same names, and those that it was fitted on as before."""
    nodes, known = case.some()
    encoding, whole = case.fit(known), case.data().tables[case.node_type]
    first, together = encoding.encode(known.tables[case.node_type]), encoding.encode(whole)
    if first.names != together.names:
        return f"{len(first.names)} features {first.names}, and with new rows {len(together.names)} {together.names}"
    if len(_matrix(together)) != len(whole):
        return f"{len(_matrix(together))} rows for {len(whole)}, of which {len(known.tables[case.node_type])} are known"
    if not case.by_row:
        return None
    again = _matrix(together)[nodes[case.node_type].stays]
    return difference(_matrix(first), again, TOLERANCE, "encoded together with new rows, a known one")


@rule(RESTORE)
def is_restored_from_its_state(case: FeaturesCase) -> str | None:
    """From `state()`, written into a run as JSON and read back, `restore` makes an equal encoding."""
    encoding, whole = case.fit(case.some()[1]), case.data().tables[case.node_type]
    state = from_plain(json.loads(json.dumps(to_plain(encoding.state()))))
    expected, got = encoding.encode(whole), case.component.restore(state).encode(whole)
    return difference(expected, got, at="restored, the block")


def _matrix(block: FeatureBlock) -> np.ndarray:
    matrix: np.ndarray = block.values  # noqa: PD011 - a block is no table
    return matrix


def _by_name(block: FeatureBlock) -> dict[str, np.ndarray]:
    return {
        name: _matrix(block)[:, column] for column, name in sorted(enumerate(block.names), key=lambda pair: pair[1])
    }


RULES = (
    *EVERY_KIND,
    gives_a_row_for_each_node,
    follows_the_rows_of_the_table,
    encodes_new_rows_alike,
    is_restored_from_its_state,
    *repeatable(FIT, _job),
)


def check_features(component: FeatureEncoder, *, table: pd.DataFrame | None = None, by_row: bool = True) -> None:
    """Check a feature encoder, as its fields are.

    Args:
        component: The feature encoder.
        table: What it encodes: a table with a column `user` or `item`, a row per node; by default a toy table of items
            with `title` and `genres`.
        by_row: False for one whose features depend on where a node stands in the table.

    Raises:
        ContractViolation: It breaks a rule; the message says which, what was asked for and what was got.
    """
    for check in bound("features", RULES, FeaturesCase(component, toy_items() if table is None else table, by_row)):
        check()
