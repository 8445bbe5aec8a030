"""Interactions between users and items, as every later step takes them: contiguous ids, no duplicates."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gnnrec.errors import ContractError, DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    IdArray = npt.NDArray[np.int64]
    """int64 [n]; a name for annotations."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Availability:
    """One thing that a dataset can load, and where it was found without a network."""

    variant: str
    place: str | None
    """A path, or None where it would have to be downloaded."""

    fault: str | None = None
    """Why what was found cannot be loaded; then there is no `place`."""


@dataclass(frozen=True)
class Edges:
    """User-item pairs over a fixed number of nodes.

    Attributes:
        users: int64 [E], node ids.
        items: int64 [E], node ids.
        num_users: U; every user id is below it.
        num_items: I; every item id is below it.

    Raises:
        ContractError: The two arrays differ in length, or an id is out of range.
    """

    users: IdArray
    items: IdArray
    num_users: int
    num_items: int

    def __post_init__(self) -> None:
        _check_ids("users", self.users, self.num_users)
        _check_ids("items", self.items, self.num_items)
        if len(self.users) != len(self.items):
            raise ContractError(f"edges have {len(self.users)} users but {len(self.items)} items")

    def __len__(self) -> int:
        return len(self.users)

    @property
    def keys(self) -> IdArray:
        """One number per pair, user * I + item: int64 [E]."""
        return self.users * self.num_items + self.items

    def items_of(self, users: IdArray) -> tuple[IdArray, IdArray]:
        """The items of some users: (row, item), each int64 [H]; row r belongs to `users[r]`."""
        order, start = self._by_user
        counts = start[users + 1] - start[users]
        rows = np.repeat(np.arange(len(users)), counts)
        # The place of each entry within its user's run, shifted to where that run starts.
        within = np.arange(len(rows)) - np.repeat(counts.cumsum() - counts, counts)
        return rows, self.items[order[start[users][rows] + within]]

    @cached_property
    def _by_user(self) -> tuple[IdArray, IdArray]:
        """The order that sorts edges by user [E], and where each user's run starts [U + 1]."""
        start = np.zeros(self.num_users + 1, np.int64)
        start[1:] = np.bincount(self.users, minlength=self.num_users).cumsum()
        return np.argsort(self.users, kind="stable"), start


@dataclass(frozen=True)
class FeatureBlock:
    """Features of one node type.

    Attributes:
        values: float32 [N, F], row i belongs to node i.
        names: F names, one a column.

    Raises:
        ContractError: Shape, dtype or the number of names is wrong, or a value is not finite.
    """

    values: npt.NDArray[np.float32]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.dtype != np.float32:  # noqa: PLR2004 - rows and columns
            got = f"{self.values.dtype} {list(self.values.shape)}"
            raise ContractError(f"a feature block is float32 [N, F]; got {got}")
        if self.values.shape[1] != len(self.names):
            raise ContractError(f"{self.values.shape[1]} feature columns but {len(self.names)} names")
        if not np.isfinite(self.values).all():
            raise ContractError("a feature block has values that are not finite")


@dataclass(frozen=True)
class Interactions:
    """All interactions of a data set.

    Attributes:
        users: Table of users; row i = node i; column `user` holds original ids.
        items: Table of items; row i = node i; column `item` holds original ids; `title`, `genres` where known.
        edges: The interactions, in the order of the source; no pair twice.
        timestamps: int64 [E], seconds since 1970, or None.
        ratings: float32 [E], or None.
        source: Where the data came from, for people.
        chosen: Fields of the dataset component that loading decided, such as the variant taken; stored in the
            run's recipe.

    Raises:
        ContractError: A table does not match the ids, or a pair stands twice.
    """

    users: pd.DataFrame
    items: pd.DataFrame
    edges: Edges
    timestamps: IdArray | None = None
    ratings: npt.NDArray[np.float32] | None = None
    source: str = ""
    chosen: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_table("user", self.users, self.edges.num_users)
        _check_table("item", self.items, self.edges.num_items)
        if len(np.unique(self.edges.keys)) != len(self.edges):
            raise ContractError("an interaction stands twice; merge duplicates before")
        for name in ("timestamps", "ratings"):
            values = getattr(self, name)
            if values is not None and len(values) != len(self.edges):
                raise ContractError(f"{len(values)} {name} for {len(self.edges)} interactions")

    def __len__(self) -> int:
        return len(self.edges)

    @property
    def fingerprint(self) -> str:
        """A digest of who interacted with what: the same data give the same fingerprint on any machine."""
        digest = hashlib.sha256()
        for table, column in ((self.users, "user"), (self.items, "item")):
            # The count keeps the last user apart from the first item.
            digest.update("".join(f"{part}\0" for part in (f"{column} {len(table)}", *table[column])).encode())
        digest.update(np.ascontiguousarray(self.edges.keys.astype("<i8")).tobytes())
        return digest.hexdigest()

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
        """Build from a table with a row per interaction: `user`, `item` and, optionally, `timestamp`, `rating`.

        Nodes are the users and items that interact, numbered in the order of their original ids. Pairs that
        stand more than once are merged (the last row is kept) and counted in a warning.

        Args:
            log: The interactions with original ids.
            users: What is known of users, with a column `user`; rows of users without interactions are left out.
            items: The same for items, with a column `item`.
            source: Where the data came from, for people and for error messages.
            chosen: See the attribute.

        Raises:
            DataError: There are no rows, or an id or a timestamp is missing.
        """
        if log.empty:
            raise DataError(f"{source}: there are no interactions in it")
        for column, what in (("user", "user id"), ("item", "item id"), ("timestamp", "timestamp")):
            missing = log[column].isna().to_numpy() if column in log else np.zeros(0, bool)
            if missing.any():
                first = int(np.flatnonzero(missing)[0]) + 1
                raise DataError(f"{source}: {missing.sum()} rows have no {what}; the first is row {first}")
        merged = log.drop_duplicates(["user", "item"], keep="last")
        if len(merged) < len(log):
            logger.warning("%s: %d duplicate interactions merged", source, len(log) - len(merged))
        user_codes, user_ids = pd.factorize(merged["user"], sort=True)
        item_codes, item_ids = pd.factorize(merged["item"], sort=True)
        return cls(
            users=_aligned("user", user_ids, users, source),
            items=_aligned("item", item_ids, items, source),
            edges=Edges(user_codes.astype(np.int64), item_codes.astype(np.int64), len(user_ids), len(item_ids)),
            timestamps=merged["timestamp"].to_numpy(np.int64) if "timestamp" in merged else None,
            ratings=merged["rating"].to_numpy(np.float32) if "rating" in merged else None,
            source=source,
            chosen=chosen or {},
        )


def _aligned(column: str, ids: pd.Index[Any], known: pd.DataFrame | None, source: str) -> pd.DataFrame:
    """The rows of `known` in the order of `ids`; missing where nothing is known of an id."""
    if known is None:
        return pd.DataFrame({column: ids})
    if known[column].duplicated().any():
        twice = known[column][known[column].duplicated()].iloc[0]
        raise DataError(f"{source}: {column} {twice} stands twice in the table of {column}s")
    return known.set_index(column).reindex(ids).rename_axis(column).reset_index()


def _check_ids(name: str, ids: IdArray, count: int) -> None:
    if ids.dtype != np.int64 or ids.ndim != 1:
        raise ContractError(f"{name} of edges are int64 [E]; got {ids.dtype} {list(ids.shape)}")
    if len(ids) and (ids.min() < 0 or ids.max() >= count):
        raise ContractError(f"{name} of edges lie in 0..{count - 1}; got {ids.min()}..{ids.max()}")


def _check_table(column: str, table: pd.DataFrame, count: int) -> None:
    if column not in table:
        raise ContractError(f"the table of {column}s has no column '{column}'; it has {list(table.columns)}")
    if len(table) != count:
        raise ContractError(f"the table of {column}s has {len(table)} rows for {count} nodes")
    if table[column].duplicated().any():
        raise ContractError(f"an original id stands twice in the table of {column}s")
