"""Checks of feature encoders: a row for each node, in the table's order."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gnnrec.data.interactions import Edges, FeatureBlock
from gnnrec.testing.comparing import TOLERANCE, difference
from gnnrec.testing.every_kind import EVERY_KIND, Job, repeatable
from gnnrec.testing.rule import bound, rule
from gnnrec.testing.toy_data import toy_interactions

if TYPE_CHECKING:
    import pandas as pd

    from gnnrec.contract.kinds import FeatureEncoder

ENCODE = "gnnrec.contract.kinds.FeatureEncoder.encode"


def toy_items() -> pd.DataFrame:
    """The toy's table of items: columns `item`, `title`, `genres`."""
    return toy_interactions().items


@dataclass(frozen=True)
class FeaturesCase:
    """A feature encoder and the table that it encodes.

    Attributes:
        component: Its fields are checked as they are.
        table: Of users (with a column `user`) or of items (with a column `item`).
        by_row: Whether the features of a node stay the same when the table's rows are put in another order, and the
            training edges with them. Not so where what a node gets is drawn by its place.
    """

    component: FeatureEncoder
    table: pd.DataFrame = field(default_factory=toy_items)
    by_row: bool = True

    def fresh(self) -> pd.DataFrame:
        """A copy of the table, so that an encoder that writes into it spoils no other check."""
        return copy.deepcopy(self.table)

    def train(self) -> Edges:
        """Training edges over the table's nodes, and over the toy's other ones."""
        edges = toy_interactions().edges
        if "user" in self.table:
            return Edges(edges.users % len(self.table), edges.items, len(self.table), edges.num_items)
        return Edges(edges.users, edges.items % len(self.table), edges.num_users, len(self.table))


def _job(case: FeaturesCase) -> Job:
    table, train = case.fresh(), case.train()

    def result() -> Any:
        block = case.component.encode(table, train)
        return {"values": _matrix(block), "names": block.names}

    return Job((table, train), result)


@rule(ENCODE)
def gives_a_row_for_each_node(case: FeaturesCase) -> str | None:
    """`encode` gives a `FeatureBlock` of finite float32 [N, F], a row for each row of the table, with F names."""
    block: Any = case.component.encode(case.fresh(), case.train())
    if not isinstance(block, FeatureBlock):
        return f"a {type(block).__name__}"
    values, names = _matrix(block), block.names
    if values.dtype != np.float32 or values.ndim != 2 or len(values) != len(case.table):  # noqa: PLR2004 - rows, columns
        return f"{values.dtype} {list(values.shape)} for {len(case.table)} rows"
    if len(names) != values.shape[1] or not all(isinstance(name, str) for name in names):
        return f"{values.shape[1]} columns, and the names {names}"
    return None if np.isfinite(values).all() else f"{int((~np.isfinite(values)).sum())} values that are not finite"


@rule(ENCODE)
def follows_the_rows_of_the_table(case: FeaturesCase) -> str | None:
    """Row i is that of node i: with the rows in another order, each node keeps its features, by name."""
    if not case.by_row:
        return None
    order = np.random.default_rng(0).permutation(len(case.table))
    place = np.argsort(order)
    train = case.train()
    users, items = train.users, train.items
    users, items = (place[users], items) if "user" in case.table else (users, place[items])
    moved = Edges(users, items, train.num_users, train.num_items)
    shuffled = case.fresh().iloc[order].reset_index(drop=True)
    expected, got = (
        _by_name(case.component.encode(case.fresh(), train)),
        _by_name(case.component.encode(shuffled, moved)),
    )
    return difference({name: column[order] for name, column in expected.items()}, got, TOLERANCE, "feature")


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
    *repeatable(ENCODE, _job),
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
