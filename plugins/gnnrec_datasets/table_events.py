"""A log of several kinds of event: the one that is predicted, and the others as behaviours beside it."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa

from gnnrec import DataError
from gnnrec.data.edges import Edges
from gnnrec.data.lookup import nodes_of
from gnnrec.errors import suggestion
from gnnrec_datasets.table_columns import is_text

if TYPE_CHECKING:
    import pandas as pd

    from gnnrec import Interactions
    from gnnrec_datasets.table_columns import Column

logger = logging.getLogger("gnnrec")

MOST_KINDS = 50
"""Kinds of event; a column with more is rather one of something else."""


@dataclass(frozen=True)
class Events:
    """A log, told apart.

    Attributes:
        target: The rows of the event that is predicted, as `Interactions.from_log` takes them.
        others: Those of each other event, by a name that files and graphs can bear.
        source: For messages.
    """

    target: pd.DataFrame
    others: dict[str, pd.DataFrame]
    source: str

    @classmethod
    def of(cls, column: Column, target: str, log: pd.DataFrame) -> Self:
        """Tell the rows of a log apart by what a column says of each.

        Raises:
            DataError: A cell is missing, none is the target, or there are too many kinds.
        """
        source = column.origin.name
        values = column.plain
        if not is_text(values.type):
            values = values.cast(pa.large_string())
        column.refuse(values.is_null().to_numpy(), f"no event in column '{column.name}'")
        said = values.to_pandas()
        kinds = sorted(said.unique())
        if target not in kinds:
            raise DataError(
                f"{source}: no row of column '{column.name}' has {target!r}{suggestion(target, kinds[:MOST_KINDS])}"
            )
        if len(kinds) > MOST_KINDS:
            raise DataError(
                f"{source}: column '{column.name}' has {len(kinds):,} kinds of event, such as {kinds[0]!r}; more than "
                f"{MOST_KINDS} are no kinds: is that another column?"
            )
        names = {kind: re.sub(r"[^A-Za-z0-9_]+", "_", kind) for kind in kinds if kind != target}
        if len(set(names.values())) < len(names):
            raise DataError(f"{source}: two events are called alike but for signs: {', '.join(names)}; rename one")
        without_parts = log.drop(columns="part", errors="ignore")
        others = {name: without_parts[said == kind] for kind, name in names.items()}
        return cls(log[said == target].reset_index(drop=True), others, source)

    def beside(self, data: Interactions) -> Interactions:
        """The interactions with the other events as behaviours, of users and items that interact; the rest is told."""
        behaviours = {name: self._edges(name, log, data) for name, log in self.others.items()}
        return replace(data, behaviours={name: edges for name, edges in behaviours.items() if len(edges)})

    def _edges(self, name: str, log: pd.DataFrame, data: Interactions) -> Edges:
        users, items = (nodes_of(log[kind], data.tables[kind][kind]) for kind in ("user", "item"))
        there = (users >= 0) & (items >= 0)
        if not there.all():
            logger.warning(
                "%s: %d of %d rows of %s are of users or items without an interaction; left out",
                self.source,
                (~there).sum(),
                len(there),
                name,
            )
        return Edges(
            users[there],
            items[there],
            data.edges.num_users,
            data.edges.num_items,
            _values(log, "time", np.int64, there),
            _values(log, "weight", np.float32, there),
        )


def _values(log: pd.DataFrame, column: str, dtype: type, there: Any) -> Any:
    return log[column].to_numpy(dtype)[there] if column in log else None
