"""Pairs of nodes: users with items, and relations between nodes of any types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from gnnrec.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    IdArray = npt.NDArray[np.int64]
    """int64 [n]; a name for annotations."""

    Mask = npt.NDArray[np.bool_]
    """bool [n]; a name for annotations."""

    Weights = npt.NDArray[np.float32]
    """float32 [n]; a name for annotations."""

    EdgeType = tuple[str, str, str]
    """Source type, name, target type; a name for annotations."""

GONE = -1
"""The new number of a node that is no longer there."""


@dataclass(frozen=True)
class Edges:
    """User-item pairs over a fixed number of nodes.

    Attributes:
        users: int64 [E], node ids.
        items: int64 [E], node ids.
        num_users: U; every user id is below it.
        num_items: I; every item id is below it.
        time: int64 [E], seconds since 1970 in UTC, or None where times are not known.
        weight: float32 [E], finite: the rating, where there is one; None where all count alike.

    Raises:
        ContractError: An array has another length or dtype, an id is out of range, or a weight is not finite.
    """

    users: IdArray
    items: IdArray
    num_users: int
    num_items: int
    time: IdArray | None = None
    weight: Weights | None = None

    def __post_init__(self) -> None:
        _check_ids("users of edges", self.users, self.num_users)
        _check_ids("items of edges", self.items, self.num_items)
        if len(self.users) != len(self.items):
            raise ContractError(f"edges have {len(self.users)} users but {len(self.items)} items")
        _check_values("edges", len(self.users), self.time, self.weight)

    def __len__(self) -> int:
        return len(self.users)

    @property
    def keys(self) -> IdArray:
        """One number per pair, user * I + item: int64 [E]."""
        return self.users * self.num_items + self.items

    def keep(self, chosen: Mask | IdArray) -> Self:
        """The edges that are chosen, by a mask [E] or in an order [n]; over the same nodes."""
        return replace(
            self,
            users=self.users[chosen],
            items=self.items[chosen],
            time=None if self.time is None else self.time[chosen],
            weight=None if self.weight is None else self.weight[chosen],
        )

    def without(self, *names: Literal["time", "weight"]) -> Self:
        """The same pairs with less known of them."""
        return replace(
            self, time=None if "time" in names else self.time, weight=None if "weight" in names else self.weight
        )

    def renumbered(self, users: Renumbering, items: Renumbering) -> Self:
        """The edges whose two ends are still there, under their new numbers."""
        there = (users.new[self.users] != GONE) & (items.new[self.items] != GONE)
        kept = self if there.all() else self.keep(there)
        return replace(
            kept, users=users.new[kept.users], items=items.new[kept.items], num_users=len(users), num_items=len(items)
        )

    def sorted(self) -> tuple[Self, IdArray | None]:
        """Sorted by user, item, and time where it is known; and the order that does it, None where they were so."""
        keys = self.keys
        if (keys[1:] > keys[:-1]).all():
            return self, None
        order = np.argsort(keys, kind="stable")
        if (keys[order[1:]] == keys[order[:-1]]).any():  # only then what is known of them decides
            order = np.lexsort((*(each for each in (self.weight, self.time) if each is not None), keys))
        return self.keep(order), order

    def joined(self, other: Self) -> Self:
        """Both, one after the other; what only one of them knows (time, weight) is left out."""
        timed, weighed = (self.time, other.time), (self.weight, other.weight)
        return replace(
            self,
            users=np.append(self.users, other.users),
            items=np.append(self.items, other.items),
            time=None if timed[0] is None or timed[1] is None else np.append(timed[0], timed[1]),
            weight=None if weighed[0] is None or weighed[1] is None else np.append(weighed[0], weighed[1]),
        )

    def told_as(self, others: Edges) -> Self:
        """With what others have, the latest time and the mean weight, where nothing is said of it."""
        time, weight = self.time, self.weight
        if time is None and others.time is not None:
            time = np.full(len(self), others.time.max())
        if weight is None and others.weight is not None:
            weight = np.full(len(self), others.weight.mean(), np.float32)
        return replace(self, time=time, weight=weight)

    def items_of(self, users: IdArray) -> tuple[IdArray, IdArray]:
        """The items of some users: (row, item), each int64 [H]; row r belongs to `users[r]`."""
        rows, places = self.places_of(users)
        return rows, self.items[places]

    def places_of(self, users: IdArray) -> tuple[IdArray, IdArray]:
        """Where the edges of some users are: (row, place), each int64 [H]; row r belongs to `users[r]`."""
        order, start = self._by_user
        counts = start[users + 1] - start[users]
        rows = np.repeat(np.arange(len(users)), counts)
        # The place of each entry within its user's run, shifted to where that run starts.
        places = np.arange(len(rows)) + np.repeat(start[users] - (counts.cumsum() - counts), counts)
        return rows, places if order is None else order[places]

    @cached_property
    def _by_user(self) -> tuple[IdArray | None, IdArray]:
        """The order that sorts edges by user [E], None where they are so; where each user's run starts [U + 1]."""
        start = np.zeros(self.num_users + 1, np.int64)
        start[1:] = np.bincount(self.users, minlength=self.num_users).cumsum()
        ascend = bool((self.users[1:] >= self.users[:-1]).all())
        return None if ascend else np.argsort(self.users, kind="stable"), start


@dataclass(frozen=True)
class Relation:
    """Side information: edges between nodes of any two types, which are never held out.

    Attributes:
        source_type: The node type that it starts from.
        name: What it says: `has_genre`, `trusts`.
        target_type: The node type that it leads to.
        source: int64 [R], node ids.
        target: int64 [R], node ids.
        weight: float32 [R], finite; or None.
        by_user: int64 [R], the user who made each edge (who tagged); or None where nobody did.
        time: int64 [R], seconds since 1970 in UTC; or None.

    Raises:
        ContractError: An array has another length or dtype, a node id is negative, or a weight is not finite.
    """

    source_type: str
    name: str
    target_type: str
    source: IdArray
    target: IdArray
    weight: Weights | None = None
    by_user: IdArray | None = None
    time: IdArray | None = None

    def __post_init__(self) -> None:
        ends = {"source": self.source, "target": self.target}
        if self.by_user is not None:
            ends["by_user"] = self.by_user
        for name, ids in ends.items():
            _check_ids(f"{name} of relation {self.key}", ids, None)
            if len(ids) != len(self.source):
                raise ContractError(f"relation {self.key} has {len(self.source)} sources but {len(ids)} in {name}")
        _check_values(f"relation {self.key}", len(self.source), self.time, self.weight)

    def __len__(self) -> int:
        return len(self.source)

    @property
    def edge_type(self) -> tuple[str, str, str]:
        """As graphs name it."""
        return self.source_type, self.name, self.target_type

    @property
    def key(self) -> str:
        """As files and messages name it: `item-has_genre-genre`."""
        return "-".join(self.edge_type)

    def keep(self, chosen: Mask | IdArray) -> Self:
        """The edges that are chosen, by a mask [R] or in an order [n]."""
        return replace(
            self,
            source=self.source[chosen],
            target=self.target[chosen],
            weight=None if self.weight is None else self.weight[chosen],
            by_user=None if self.by_user is None else self.by_user[chosen],
            time=None if self.time is None else self.time[chosen],
        )

    def renumbered(self, nodes: Mapping[str, Renumbering]) -> Self:
        """The edges whose ends, and whose maker, are still there, under their new numbers.

        Args:
            nodes: Of the node types whose numbers change.
        """

        def numbered(ids: IdArray, node_type: str) -> IdArray:
            return nodes[node_type].new[ids] if node_type in nodes else ids

        source, target = numbered(self.source, self.source_type), numbered(self.target, self.target_type)
        by_user = None if self.by_user is None else numbered(self.by_user, "user")
        there = (source != GONE) & (target != GONE)
        if by_user is not None:
            there &= by_user != GONE
            by_user = by_user[there]
        return replace(self.keep(there), source=source[there], target=target[there], by_user=by_user)

    def sorted(self) -> Self:
        """Sorted by source, target, maker, time and weight."""
        by = [values for values in (self.weight, self.time, self.by_user) if values is not None]
        return self.keep(np.lexsort((*by, self.target, self.source)))


class Renumbering:
    """New numbers for those nodes of a type that stay, in their order.

    Args:
        stays: bool [N].

    Attributes:
        stays: bool [N].
        new: int64 [N], the new number of each node; -1 for those that are gone.
    """

    def __init__(self, stays: Mask) -> None:
        self.stays = stays
        self.new = np.where(stays, np.cumsum(stays) - 1, GONE).astype(np.int64)
        self._count = int(stays.sum())

    def __len__(self) -> int:
        """How many stay."""
        return self._count


def renumbered_side_information(
    nodes: Mapping[str, Renumbering],
    tables: Mapping[str, pd.DataFrame],
    relations: Sequence[Relation],
    behaviours: Mapping[str, Edges],
) -> dict[str, Any]:
    """`tables`, `relations` and `behaviours` under new numbers, by these names.

    Args:
        nodes: Of `user` and `item`; nodes of other types stay as they are.
        tables: Node type to table; row i = node i.
        relations: Between nodes of any types.
        behaviours: Over users and items.
    """
    return {
        "tables": {
            name: table[nodes[name].stays].reset_index(drop=True) if name in nodes else table
            for name, table in tables.items()
        },
        "relations": tuple(relation.renumbered(nodes) for relation in relations),
        "behaviours": {name: each.renumbered(nodes["user"], nodes["item"]) for name, each in behaviours.items()},
    }


def _check_ids(what: str, ids: IdArray, count: int | None) -> None:
    if ids.dtype != np.int64 or ids.ndim != 1:
        raise ContractError(f"{what} are int64 [E]; got {ids.dtype} {list(ids.shape)}")
    if len(ids) and (ids.min() < 0 or (count is not None and ids.max() >= count)):
        where = "are at least 0" if count is None else f"lie in 0..{count - 1}"
        raise ContractError(f"{what} {where}; got {ids.min()}..{ids.max()}")


def _check_values(what: str, count: int, time: IdArray | None, weight: Weights | None) -> None:
    for name, values, dtype in (("time", time, np.int64), ("weight", weight, np.float32)):
        if values is not None and (values.dtype != dtype or values.shape != (count,)):
            raise ContractError(
                f"{name} of {what} is {np.dtype(dtype)} [{count}]; got {values.dtype} {list(values.shape)}"
            )
    if weight is not None and not np.isfinite(weight).all():
        raise ContractError(f"{int((~np.isfinite(weight)).sum())} weights of {what} are not finite")
