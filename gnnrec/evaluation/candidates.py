"""Which items are ranked, where it is not all of them: those in a file, for all users alike or for each one."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gnnrec.data.edges import Edges
from gnnrec.data.fingerprint import digest_values
from gnnrec.data.id_tables import read_id_table
from gnnrec.data.lookup import nodes_of, unknown
from gnnrec.data.parts import HELD_OUT
from gnnrec.errors import DataError, suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from gnnrec.data.edges import IdArray, Mask
    from gnnrec.data.interactions import Interactions
    from gnnrec.data.parts import Part
    from gnnrec.data.split import Split

logger = logging.getLogger("gnnrec")

KEY = "evaluation.candidates"
"""What names the file in a recipe."""


@dataclass(frozen=True)
class ItemCandidates:
    """The same items for all users.

    Attributes:
        items: bool [I].
        parts: What they are ranked for.
    """

    items: Mask
    parts: ClassVar[tuple[Part, ...]] = HELD_OUT

    @property
    def fingerprint(self) -> str:
        """A digest: runs over one split with the same one ranked the same."""
        return digest_values(self.items)

    def among(self, edges: Edges) -> Mask:
        """Whether each pair is of a user with a candidate: bool [E]."""
        return self.items[edges.items]

    def others(self, users: IdArray) -> Mask:  # noqa: ARG002 - they are all alike
        """The items that are no candidates of some users: bool [1, I]."""
        return ~self.items[None, :]

    def to_table(self, data: Interactions) -> pd.DataFrame:
        """Column `item`, original ids."""
        return data.items.loc[self.items, ["item"]]


@dataclass(frozen=True)
class PairCandidates:
    """Items for each user; such files are made around what a user took in the test, so they hold for it alone.

    Attributes:
        pairs: Each user with their candidates.
        parts: What they are ranked for.
    """

    pairs: Edges
    parts: ClassVar[tuple[Part, ...]] = ("test",)

    @property
    def fingerprint(self) -> str:
        """A digest: runs over one split with the same one ranked the same."""
        return digest_values(self.pairs.keys)

    def among(self, edges: Edges) -> Mask:
        """Whether each pair is of a user with a candidate: bool [E]."""
        return np.isin(edges.keys, self.pairs.keys)

    def others(self, users: IdArray) -> Mask:
        """The items that are no candidates of some users: bool [B, I]."""
        others = np.ones((len(users), self.pairs.num_items), np.bool_)
        others[self.pairs.items_of(users)] = False
        return others

    def to_table(self, data: Interactions) -> pd.DataFrame:
        """Columns `user` and `item`, original ids."""
        return data.to_table(self.pairs)


Candidates = ItemCandidates | PairCandidates


def read_candidates(path: str | Path | None, split: Split, asked: Sequence[Part] = HELD_OUT) -> Candidates | None:
    """The candidates in a file of original ids: a column `item`, or columns `user` and `item`.

    None where no file is named. What is unknown, and what of the split is not asked about because of them, is told in
    warnings.

    Args:
        path: See `gnnrec.data.files.find_file`.
        split: Whose users and items are meant.
        asked: The parts that are to be judged.

    Raises:
        DataError: The file is not there or cannot be read, nothing in it is known, a user who is judged has no
            candidate, or no held-out interaction of a part is with one.
    """
    if path is None:
        return None
    return candidates_in(read_id_table(path, "candidates", "item", named_by=KEY), path, split, asked)


def candidates_in(table: pd.DataFrame, path: str | Path, split: Split, asked: Sequence[Part] = HELD_OUT) -> Candidates:
    """The candidates in a table, as `read_candidates` has them of a file.

    Args:
        table: A column `item`, or columns `user` and `item`.
        path: Where it comes from, for messages.
        split: Whose users and items are meant.
        asked: The parts that are to be judged.

    Raises:
        DataError: As `read_candidates` does, or there is no column `item`.
    """
    if "item" not in table:
        raise DataError(f"{path} has no column 'item'{suggestion('item', map(str, table.columns))}")
    data = split.interactions
    items = _known(table, "item", data, path)
    if "user" not in table:
        chosen = np.zeros(data.edges.num_items, np.bool_)
        chosen[items[items >= 0]] = True
        candidates: Candidates = ItemCandidates(chosen)
    else:
        candidates = PairCandidates(_pairs(_known(table, "user", data, path), items, data))
        _require_all_users(candidates.pairs, split, path)
        if "val" in asked:
            logger.info("%s holds for the test; in val all items are ranked", path)
    for part in asked:
        if part in candidates.parts:
            _tell_of_others(candidates, split, part, path)
    return candidates


def _known(table: pd.DataFrame, kind: str, data: Interactions, path: str | Path) -> IdArray:
    """The node of each row, -1 where there is none: int64 [n].

    Raises:
        DataError: There is none in any row.
    """
    nodes = nodes_of(table[kind], data.tables[kind][kind])
    strange = table[kind][nodes < 0].drop_duplicates()
    if not (nodes >= 0).any():
        why = unknown(data.tables[kind], kind, strange.tolist()) if len(strange) else "there are no rows in it"
        raise DataError(f"{path} has no {kind} that is known: {why}")
    if len(strange):
        logger.warning("%s: %s %ss are not known; the first is %s", path, f"{len(strange):,}", kind, strange.iloc[0])
    return nodes


def _pairs(users: IdArray, items: IdArray, data: Interactions) -> Edges:
    """The pairs of which both are known, each once, sorted."""
    edges, known = data.edges, (users >= 0) & (items >= 0)
    keys = np.unique(users[known] * edges.num_items + items[known])
    return Edges(*np.divmod(keys, edges.num_items), edges.num_users, edges.num_items)


def _require_all_users(pairs: Edges, split: Split, path: str | Path) -> None:
    judged = np.unique(split.edges("test").users)
    without = np.setdiff1d(judged, pairs.users)
    if len(without):
        first = split.interactions.users["user"].iloc[without[0]]
        raise DataError(
            f"{path} has no candidates for {len(without):,} of the {len(judged):,} users with test interactions; "
            f"the first is user {first}"
        )


def _tell_of_others(candidates: Candidates, split: Split, part: Part, path: str | Path) -> None:
    """Say how much of a part is not asked about.

    Raises:
        DataError: All of it.
    """
    held_out = split.edges(part)
    asked = candidates.among(held_out)
    if not asked.any():
        raise DataError(
            f"{path}: none of the {len(held_out):,} {part} interactions is with a candidate, so there is nothing to "
            "judge by"
        )
    users, left = len(np.unique(held_out.users)), len(np.unique(held_out.users[asked]))
    if not asked.all():
        logger.warning(
            "%s: %s of %s %s interactions are with no candidate and are not asked about; with them go %s of %s users",
            path,
            *(f"{count:,}" for count in (int((~asked).sum()), len(held_out))),
            part,
            *(f"{count:,}" for count in (users - left, users)),
        )
