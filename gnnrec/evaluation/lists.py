"""Lists that any system has made, as rankings of a run's items for the users that it is judged on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from gnnrec.data.edges import Edges
from gnnrec.data.id_tables import read_id_table
from gnnrec.data.lookup import nodes_of
from gnnrec.data.membership import among
from gnnrec.data.ranked_lists import NO_ITEM
from gnnrec.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from gnnrec.data.edges import IdArray
    from gnnrec.data.interactions import Interactions
    from gnnrec.evaluation.ranking import RankingTask

logger = logging.getLogger("gnnrec")


def read_lists(path: str | Path) -> pd.DataFrame:
    """A table of recommendations: columns `user`, `item`, and `rank` or `score`.

    Raises:
        DataError: There is no such file, it cannot be read, or it lacks a column.
    """
    table = read_id_table(path, "lists", "user", "item")
    if "rank" not in table and "score" not in table:
        raise DataError(
            f"{path} has neither a column 'rank' nor one 'score'; it has {', '.join(map(str, table.columns))}"
        )
    return table


def as_rankings(table: pd.DataFrame, data: Interactions, task: RankingTask, k: int, source: str) -> Tensor:
    """The items of each list, best first: int64 [Q, k], -1 where a list is shorter or an item is not known.

    What a user has seen, and what is no candidate, stays in its place, and is no hit. All that a list leaves to be
    wished for is told in warnings.

    Args:
        table: See `read_lists`; its ids meet the run's by what they say.
        data: The users and items of the run.
        task: Who is judged, what they have seen, and what else could have been ranked.
        k: How many places are looked at.
        source: What messages call the table.

    Raises:
        DataError: An item stands twice in a list, ranks do not go from 1 without a gap, a score is no number, or no
            list is of anybody who is judged.
    """
    asked, seen = task.users, task.seen
    users, items = (nodes_of(table[kind], data.tables[kind][kind]) for kind in ("user", "item"))
    _tell(source, int((users < 0).sum()), "rows are of users that the run does not know")
    rows = np.flatnonzero(np.isin(users, asked.numpy()))
    if not len(rows):
        raise DataError(f"{source} has no list of any of the {len(asked):,} users that the run is judged on")
    users, items, places = users[rows], items[rows], _places(table, users, source)[rows]
    _refuse_twins(table, rows, users, items, source)
    top = places < k
    users, items, places = users[top], items[top], places[top]
    lists = np.searchsorted(asked.numpy(), users)
    ranking = np.full((len(asked), k), NO_ITEM, np.int64)
    ranking[lists, places] = items
    lengths = np.bincount(lists, minlength=len(asked))
    known = items >= 0
    _tell(source, int((~known).sum()), "places hold an item that the run does not know; they are misses")
    _tell(source, int((lengths == 0).sum()), f"of {len(asked):,} judged users have no list; they are misses")
    short = int(((lengths > 0) & (lengths < k)).sum())
    _tell(source, short, f"lists have fewer than {k} places; what is missing is a miss")
    listed = Edges(users[known], items[known], seen.num_users, seen.num_items)
    masked = among(listed.keys, seen.sorted()[0].keys)
    _tell(source, int(masked.sum()), "places hold what the user has seen; they are misses")
    if task.candidates is not None:
        others = ~task.candidates.among(listed) & ~masked
        _tell(source, int(others.sum()), "places hold an item that is no candidate; they are misses")
    return torch.from_numpy(ranking)


def _refuse_twins(table: pd.DataFrame, rows: IdArray, users: IdArray, items: IdArray, source: str) -> None:
    listed = pd.DataFrame({"user": users, "item": items})
    twice = (listed.duplicated() & (listed["item"] >= 0)).to_numpy()
    if twice.any():
        user, item = (table[kind].iloc[rows[int(twice.argmax())]] for kind in ("user", "item"))
        raise DataError(
            f"{source}: {int(twice.sum())} items stand twice in a list; the first is item {item} of user {user}"
        )


def _places(table: pd.DataFrame, users: IdArray, source: str) -> IdArray:
    """The place of each row in its user's list, from 0: int64 [n]."""
    by = "rank" if "rank" in table else "score"
    values = pd.to_numeric(table[by], errors="coerce").to_numpy(np.float64)
    wrong = ~np.isfinite(values)
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(f"{source}: {int(wrong.sum())} rows have no {by}; row {row + 1} has {table[by].iloc[row]!r}")
    order = np.lexsort((values if by == "rank" else -values, users))
    starts = np.flatnonzero(np.diff(users[order], prepend=-2))
    within = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    places = np.empty(len(order), np.int64)
    places[order] = within
    if by == "rank":
        gap = (values != places + 1) & (users >= 0)
        if gap.any():
            row = int(np.flatnonzero(gap)[0])
            raise DataError(
                f"{source}: ranks go from 1 without a gap; user {table['user'].iloc[row]} has rank "
                f"{values[row]:g} in place {places[row] + 1}"
            )
    return places


def _tell(source: str, count: int, what: str) -> None:
    if count:
        logger.warning("%s: %s %s", source, f"{count:,}", what)
