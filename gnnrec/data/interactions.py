"""Interactions between users and items, as every later step takes them: contiguous ids, sorted, no duplicates."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from gnnrec.data.edges import Edges, Renumbering
from gnnrec.data.fingerprint import digest_edges, digest_parts, digest_relation, digest_table, digest_values
from gnnrec.data.parts import PARTS, TEST, TRAIN
from gnnrec.errors import ContractError, DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from gnnrec.data.edges import Mask, Relation

logger = logging.getLogger(__name__)

LOG_COLUMNS = ("user", "item", "time", "weight", "part")
"""The columns that a log of interactions may have."""

OF_DATA = PARTS[TRAIN : TEST + 1]
"""The parts that data may come divided into."""


@dataclass(frozen=True)
class Availability:
    """One thing that a dataset can load, and where it was found without a network."""

    variant: str
    place: str | None
    """A path, or None where it would have to be downloaded."""

    fault: str | None = None
    """Why what was found cannot be loaded; then there is no `place`."""


@dataclass(frozen=True)
class Interactions:
    """All that a data set knows, before anything is held out.

    However it is made, edges are sorted by user and item, behaviours and relations likewise: no result hangs on the
    order of a file's rows.

    Attributes:
        edges: The interactions that are predicted; no pair twice.
        tables: Node type to table; row i = node i, and the column that is called like the type holds original ids.
            There are `user` and `item` (with `title`, `genres` where known), and one for each further node type.
        relations: Side information between nodes of any types; never held out.
        behaviours: Further kinds of interaction (views beside purchases) by name, over the same users and items; a
            pair may stand in one more than once.
        parts: int8 [E], positions in `PARTS`, where the data come divided into train, val and test; or None.
        filtered: Interactions that filters took out, between users and items that are still there: they count as seen.
        source: Where the data came from, for people.
        chosen: Fields of the dataset component that loading decided, such as the variant taken; stored in the
            run's recipe.

    Raises:
        ContractError: A table does not match the ids, a pair stands twice, or something leads to no node.
    """

    edges: Edges
    tables: Mapping[str, pd.DataFrame]
    relations: tuple[Relation, ...] = ()
    behaviours: Mapping[str, Edges] = field(default_factory=dict)
    parts: npt.NDArray[np.int8] | None = None
    filtered: Edges | None = None
    source: str = ""
    chosen: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        counts = {"user": self.edges.num_users, "item": self.edges.num_items}
        for node_type in counts:
            if node_type not in self.tables:
                raise ContractError(f"there is no table of {node_type}s; there are tables of {', '.join(self.tables)}")
        for node_type, table in self.tables.items():
            _check_table(node_type, table, counts.get(node_type, len(table)))
        edges, order = self.edges.sorted()
        if (np.diff(edges.keys) == 0).any():
            raise ContractError("an interaction stands twice; merge duplicates before")
        object.__setattr__(self, "edges", edges)
        if self.parts is not None:
            _check_parts(self.parts, len(edges))
            object.__setattr__(self, "parts", self.parts if order is None else self.parts[order])
        object.__setattr__(self, "behaviours", {name: each.sorted()[0] for name, each in self.behaviours.items()})
        object.__setattr__(self, "relations", tuple(relation.sorted() for relation in self.relations))
        if self.filtered is not None:
            object.__setattr__(self, "filtered", self.filtered.sorted()[0])
        for name, each in {**self.behaviours, "filtered": self.filtered}.items():
            if each is not None and (each.num_users, each.num_items) != tuple(counts.values()):
                raise ContractError(f"{name} is over other users and items than the interactions")
        for relation in self.relations:
            _check_relation(relation, self.tables)

    def __len__(self) -> int:
        return len(self.edges)

    @property
    def users(self) -> pd.DataFrame:
        """The table of users."""
        return self.tables["user"]

    @property
    def items(self) -> pd.DataFrame:
        """The table of items."""
        return self.tables["item"]

    @property
    def seen(self) -> Edges:
        """Every interaction that is known, those that filters took out as well."""
        return self.edges if self.filtered is None else self.edges.joined(self.filtered)

    @cached_property
    def fingerprint(self) -> dict[str, str]:
        """A digest of each part, by name: the same data give the same ones on any machine, in whatever order.

        `edges` (who interacted with what), `time`, `weight`, `parts`, `table …`, `relation …` and `behaviour …`, as far
        as they are there.
        """
        users, items = (self.tables[kind][kind] for kind in ("user", "item"))
        found = {"edges": digest_edges(self.edges, users, items)}
        for name, values in (("time", self.edges.time), ("weight", self.edges.weight), ("parts", self.parts)):
            if values is not None:
                found[name] = digest_values(values)
        found |= {f"table {name}": digest_table(table) for name, table in self.tables.items()}
        found |= {f"relation {each.key}": digest_relation(each, self.tables) for each in self.relations}
        for name, each in self.behaviours.items():
            found[f"behaviour {name}"] = digest_parts(
                digest_edges(each, users, items),
                *(digest_values(values) for values in (each.time, each.weight) if values is not None),
            )
        return found

    def to_table(self, edges: Edges) -> pd.DataFrame:
        """Edges over these users and items by original ids: columns `user`, `item`, `time`, `weight`."""
        known = {name: values for name in ("time", "weight") if (values := getattr(edges, name)) is not None}
        ends = {"user": edges.users, "item": edges.items}
        return pd.DataFrame({kind: self.tables[kind][kind].to_numpy()[ids] for kind, ids in ends.items()} | known)

    def keep(self, chosen: Mask, *, seen: bool = True) -> Self:
        """The chosen interactions, with the users and items that still have some: all are numbered anew.

        Tables, relations and behaviours follow; the other node types stay as they are.

        Args:
            chosen: bool [E].
            seen: Whether the others still count as seen, for negatives and in recommendations; not so what is later
                than the moment that one asks about.
        """
        edges = self.edges
        nodes = {
            "user": Renumbering(np.bincount(edges.users[chosen], minlength=edges.num_users) > 0),
            "item": Renumbering(np.bincount(edges.items[chosen], minlength=edges.num_items) > 0),
        }
        filtered = self.filtered
        if seen and not chosen.all():
            out = edges.keep(~chosen)
            filtered = out if filtered is None else filtered.joined(out)
        return replace(
            self,
            edges=edges.keep(chosen).renumbered(*nodes.values()),
            tables={
                name: table[nodes[name].stays].reset_index(drop=True) if name in nodes else table
                for name, table in self.tables.items()
            },
            relations=tuple(relation.renumbered(nodes) for relation in self.relations),
            behaviours={name: each.renumbered(*nodes.values()) for name, each in self.behaviours.items()},
            parts=None if self.parts is None else self.parts[chosen],
            filtered=None if filtered is None else filtered.renumbered(*nodes.values()),
        )

    @classmethod
    def from_log(
        cls,
        log: pd.DataFrame,
        *,
        users: pd.DataFrame | None = None,
        items: pd.DataFrame | None = None,
        source: str,
        chosen: Mapping[str, Any] | None = None,
    ) -> Interactions:
        """Build from a table with a row per interaction: `user`, `item` and, optionally, `time`, `weight`, `part`.

        Nodes are the users and items that interact, numbered in the order of their original ids. Of a pair that
        stands more than once the latest is kept, or the last row where times are not known; they are counted in a
        warning.

        Args:
            log: The interactions with original ids; times are whole seconds since 1970 in UTC, weights are numbers, and
                parts are called `train`, `val` and `test`.
            users: What is known of users, with a column `user`; rows of users without interactions are left out.
            items: The same for items, with a column `item`.
            source: Where the data came from, for people and for error messages.
            chosen: See the attribute.

        Raises:
            ContractError: The log has another column.
            DataError: There are no rows, an id, a time, a weight or a part is missing, a weight is not finite, or a
                part is none.
        """
        strange = [str(column) for column in log.columns if column not in LOG_COLUMNS]
        if strange:
            raise ContractError(f"a log has the columns {', '.join(LOG_COLUMNS)}; got {', '.join(strange)} as well")
        if log.empty:
            raise DataError(f"{source}: there are no interactions in it")
        for column in log.columns:
            missing = log[column].isna().to_numpy()
            if missing.any():
                what = f"{column} id" if column in {"user", "item"} else column
                first = int(np.flatnonzero(missing)[0]) + 1
                raise DataError(f"{source}: {missing.sum()} rows have no {what}; the first is row {first}")
        in_time = log.sort_values("time", kind="stable") if "time" in log else log
        merged = in_time.drop_duplicates(["user", "item"], keep="last")
        if len(merged) < len(log):
            which = "latest" if "time" in log else "last"
            logger.warning("%s: %d duplicate interactions merged: the %s counts", source, len(log) - len(merged), which)
        user_codes, user_ids = pd.factorize(merged["user"], sort=True)
        item_codes, item_ids = pd.factorize(merged["item"], sort=True)
        weight = merged["weight"].to_numpy(np.float32) if "weight" in merged else None
        if weight is not None and not np.isfinite(weight).all():
            raise DataError(f"{source}: {int((~np.isfinite(weight)).sum())} weights are not finite")
        return cls(
            edges=Edges(
                user_codes.astype(np.int64),
                item_codes.astype(np.int64),
                len(user_ids),
                len(item_ids),
                merged["time"].to_numpy(np.int64) if "time" in merged else None,
                weight,
            ),
            tables={
                "user": _aligned("user", user_ids, users, source),
                "item": _aligned("item", item_ids, items, source),
            },
            parts=_parts(merged["part"], source) if "part" in merged else None,
            source=source,
            chosen=chosen or {},
        )


def _parts(names: pd.Series[Any], source: str) -> npt.NDArray[np.int8]:
    found: npt.NDArray[np.int8] = pd.Index(OF_DATA).get_indexer(pd.Index(names)).astype(np.int8)
    if (found < 0).any():
        strange = names.to_numpy()[found < 0]
        raise DataError(
            f"{source}: {len(strange)} rows are in a part that is none, such as {strange[0]!r}; "
            f"parts are called {', '.join(OF_DATA)}"
        )
    return found


def _aligned(column: str, ids: pd.Index[Any], known: pd.DataFrame | None, source: str) -> pd.DataFrame:
    """The rows of `known` in the order of `ids`; missing where nothing is known of an id."""
    if known is None:
        return pd.DataFrame({column: ids})
    if known[column].duplicated().any():
        twice = known[column][known[column].duplicated()].iloc[0]
        raise DataError(f"{source}: {column} {twice} stands twice in the table of {column}s")
    return known.set_index(column).reindex(ids).rename_axis(column).reset_index()


def _check_table(column: str, table: pd.DataFrame, count: int) -> None:
    if column not in table:
        raise ContractError(f"the table of {column}s has no column '{column}'; it has {list(table.columns)}")
    if len(table) != count:
        raise ContractError(f"the table of {column}s has {len(table)} rows for {count} nodes")
    if table[column].duplicated().any():
        raise ContractError(f"an original id stands twice in the table of {column}s")


def _check_parts(parts: npt.NDArray[np.int8], count: int) -> None:
    if parts.dtype != np.int8 or parts.shape != (count,):
        raise ContractError(f"parts are int8 [{count}]; got {parts.dtype} {list(parts.shape)}")
    if count and not TRAIN <= parts.min() <= parts.max() <= TEST:
        raise ContractError(f"parts lie in {TRAIN}..{TEST} ({', '.join(OF_DATA)}); got {parts.min()}..{parts.max()}")


def _check_relation(relation: Relation, tables: Mapping[str, pd.DataFrame]) -> None:
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
