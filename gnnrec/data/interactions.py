"""Interactions between users and items, as every later step takes them: contiguous ids, sorted, no duplicates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from gnnrec.data.checks import (
    check_edge_types,
    check_names,
    check_parts,
    check_relations,
    check_same_nodes,
    check_tables,
    in_order_of_types,
)
from gnnrec.data.edges import Edges, Renumbering, renumbered_side_information
from gnnrec.data.fingerprint import digest_edges, digest_parts, digest_relation, digest_table, digest_values
from gnnrec.data.log import aligned, merged_log
from gnnrec.data.relation_table import relation_of
from gnnrec.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from gnnrec.data.edges import Mask, Relation
    from gnnrec.data.log import Repeats


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
        check_tables(self.tables, {"user": self.edges.num_users, "item": self.edges.num_items})
        edges, order = self.edges.sorted()
        if order is not None and (np.diff(edges.keys) == 0).any():  # what was sorted is sorted strictly
            raise ContractError("an interaction stands twice; merge duplicates before")
        parts = self.parts
        if parts is not None:
            check_parts(parts, len(edges))
            parts = parts if order is None else parts[order]
        sorted_too = {
            "edges": edges,
            "parts": parts,
            "behaviours": {name: each.sorted()[0] for name, each in sorted(self.behaviours.items())},
            "relations": tuple(sorted((each.sorted() for each in self.relations), key=lambda each: each.key)),
            "tables": dict(sorted(self.tables.items(), key=lambda each: in_order_of_types(each[0]))),
            "filtered": None if self.filtered is None else self.filtered.sorted()[0],
        }
        for name, value in sorted_too.items():
            object.__setattr__(self, name, value)
        check_names((*self.tables, *self.behaviours, *(each.name for each in self.relations)))
        check_same_nodes(edges, {**self.behaviours, "filtered": self.filtered})
        check_relations(self.relations, self.tables)
        check_edge_types(self.behaviours, self.relations)

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
        """A digest of each part, by name: the same data, nodes numbered alike, give the same ones on any machine.

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
        return pd.DataFrame({kind: self.tables[kind][kind].array.take(ids) for kind, ids in ends.items()} | known)

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
            parts=None if self.parts is None else self.parts[chosen],
            filtered=None if filtered is None else filtered.renumbered(*nodes.values()),
            **renumbered_side_information(nodes, self.tables, self.relations, self.behaviours),
        )

    def with_relation(
        self, table: pd.DataFrame, source_type: str, name: str, target_type: str, *, most_unknown: float = 0.5
    ) -> Self:
        """The same data with a relation more, from a table with a row per edge.

        Rows that lead to a node that is not known, or were made by a user that is not, are left out; a warning counts
        them. Original ids meet by what they say: `7` is `7`, whether a number or text.

        Args:
            table: Columns `source` and `target` (original ids) and, where known, `by_user` (who made the edge: original
                ids of users), `time` (whole seconds since 1970 in UTC) and `weight` (finite, at least 0).
            source_type: The node type that it starts from; there is a table of it.
            name: What it says: `has_tag`, `trusts`.
            target_type: The node type that it leads to. Where there is no table of it, the nodes are what stands in
                `target`: whole numbers in their order, or text in alphabetical order.
            most_unknown: The share of rows, of 1, that may be left out.

        Raises:
            ContractError: The table has other columns or times, or there is no table of the source type.
            DataError: More rows are to be left out, or a weight is negative or not finite.
        """
        relation, tables = relation_of(table, (source_type, name, target_type), self.tables, most_unknown)
        return replace(self, tables=tables, relations=(*self.relations, relation))

    @classmethod
    def from_log(
        cls,
        log: pd.DataFrame,
        *,
        users: pd.DataFrame | None = None,
        items: pd.DataFrame | None = None,
        source: str,
        chosen: Mapping[str, Any] | None = None,
        repeats: Repeats = "last",
    ) -> Interactions:
        """Build from a table with a row per interaction: `user`, `item` and, optionally, `time`, `weight`, `part`.

        Nodes are the users and items that interact, numbered in the order of their original ids. Pairs that stand
        more than once are merged, and counted in a warning.

        Args:
            log: The interactions with original ids; times are whole seconds since 1970 in UTC, weights are numbers, and
                parts are called `train`, `val` and `test`.
            users: What is known of users, with a column `user`; rows of users without interactions are left out.
            items: The same for items, with a column `item`.
            source: Where the data came from, for people and for error messages.
            chosen: See the attribute.
            repeats: Of a pair that stands more than once, `last` keeps the latest row and `first` the earliest, or the
                last and first row where times are not known. With `sum` and `mean` it weighs what all of its rows do,
                with `count` as much as there are rows; its time is the latest.

        Raises:
            ContractError: The log has another column, or lacks the weights that are to be summed.
            DataError: There are no rows, an id, a time, a weight or a part is missing, a weight is not finite, or a
                part is none.
        """
        merged = merged_log(log, source, repeats)
        user_ids, item_ids = merged.user_ids, merged.item_ids
        return cls(
            edges=Edges(merged.users, merged.items, len(user_ids), len(item_ids), merged.time, merged.weight),
            tables={
                "user": aligned("user", user_ids, users, source),
                "item": aligned("item", item_ids, items, source),
            },
            parts=merged.parts,
            source=source,
            chosen=chosen or {},
        )
