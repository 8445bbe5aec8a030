"""Recommendations of a finished run: for its users, for a history alone, and items similar to one."""

from __future__ import annotations

import logging
from numbers import Integral
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
import torch

from gnnrec.data.history import history_edges
from gnnrec.data.lookup import NEW_ITEMS, find_nodes, listed_ids, require_item, require_nodes, taken_apart, unknown
from gnnrec.data.new_items import new_items
from gnnrec.data.size import RANKED_CELLS
from gnnrec.errors import UsageError
from gnnrec.evaluation.ranking import top_items

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from gnnrec.data.split import Split
    from gnnrec.modelling.scoring import Scoring

    Ids = Iterable[Any] | pd.DataFrame
    """Original ids in order, or a table with a column of them; a name for annotations."""

logger = logging.getLogger("gnnrec")


class Asked(Protocol):
    """What recommendations are made from: a finished run, each part of which is read when it is first asked for."""

    @property
    def users(self) -> pd.DataFrame:
        """Row i = node i; column `user` holds original ids."""

    @property
    def items(self) -> pd.DataFrame:
        """Row i = node i; column `item` holds original ids."""

    @property
    def split(self) -> Split:
        """Its interactions are what users are known to have interacted with."""

    @property
    def scoring(self) -> Scoring:
        """The recommender itself, over node ids."""


def recommend(
    run: Asked,
    users: Iterable[Any] | pd.DataFrame | None,
    k: int,
    *,
    include_seen: bool,
    new_items: pd.DataFrame | None = None,
    candidates: Ids | None = None,
    exclude: Ids | None = None,
) -> pd.DataFrame:
    """The best k items for users of the run, or for all of them where `users` is None; see `Run.recommend`."""
    nodes = np.arange(len(run.users)) if users is None else require_nodes(run.users, "user", users)
    run, barred, k = _choice_of(run, k, new_items, candidates, exclude)
    known = run.split.interactions.seen
    tables, without = [], list[Any]()
    for block in torch.split(torch.from_numpy(nodes), max(1, RANKED_CELLS // len(run.items))):
        scores = run.scoring.score(block)
        if not include_seen:
            rows, items = known.items_of(block.numpy())
            scores[rows, items] = -torch.inf
        scores[:, barred] = -torch.inf
        rows, places, items, values = _listed(scores, k)
        ids = run.users["user"].to_numpy()[block.numpy()]
        without.extend(np.delete(ids, rows).tolist())
        tables.append(_table(run, items, values, user=ids[rows], rank=places + 1))
    if without:
        logger.warning(
            "%s of %s users get no items, the first is user %s: they are known to have interacted with all there is to "
            "choose from; --include-seen recommends that too",
            *(f"{len(without):,}", f"{len(nodes):,}", without[0]),
        )
    return pd.concat(tables, ignore_index=True)


def recommend_for_history(
    run: Asked,
    history: Ids,
    k: int,
    *,
    include_seen: bool,
    new_items: pd.DataFrame | None = None,
    candidates: Ids | None = None,
    exclude: Ids | None = None,
) -> pd.DataFrame:
    """The best k items for somebody of whom only items are known; see `Run.recommend_for_history`."""
    edges = history_edges(history, run.items)
    run, barred, k = _choice_of(run, k, new_items, candidates, exclude)
    scores = run.scoring.score_histories(edges)
    if not include_seen:
        scores[0, edges.items] = -torch.inf
    scores[:, barred] = -torch.inf
    _, places, items, values = _listed(scores, k)
    if not len(items):
        logger.warning("the history has all there is to choose from; --include-seen recommends that too")
    return _table(run, items, values, rank=places + 1)


def similar(run: Asked, item: Any, k: int) -> pd.DataFrame:
    """The k items most similar to one, without itself; see `Run.similar`."""
    k = _checked(k, len(run.items) - 1)
    node = require_item(run.items, item)
    scores = run.scoring.similarity(node)[None, :].clone()
    scores[0, node] = -torch.inf
    _, places, items, values = _listed(scores, k)
    return _table(run, items, values, rank=places + 1)


class WithNewItems:
    """A run whose catalogue has some items more, at the end.

    Args:
        run: What is asked.
        table: See `gnnrec.data.new_items.new_items`.

    Raises:
        DataError: As that does; or nothing is known of an item.
        UsageError: The run's recommender knows items by their interactions alone.
    """

    def __init__(self, run: Asked, table: pd.DataFrame) -> None:
        added = new_items(table, run.split.interactions, "the table of new items")
        self.users, self.split = run.users, run.split
        self.items = pd.concat([run.items.astype(object), added.table.astype(object)], ignore_index=True)
        self.items["item"] = _alike(self.items["item"])
        self.scoring = run.scoring.with_new_items(added)


def _alike(ids: pd.Series[Any]) -> pd.Series[Any]:
    """Ids of one type: whole numbers where all are such, or else text."""
    try:
        return ids.astype(np.int64)
    except (TypeError, ValueError):
        return ids.astype(str)


def _choice_of(
    run: Asked, k: int, new_items: pd.DataFrame | None, candidates: Ids | None, exclude: Ids | None
) -> tuple[Asked, np.ndarray, int]:
    """The run with its new items, what of them all may not be recommended (bool [I]), and how many can be."""
    run = run if new_items is None else WithNewItems(run, new_items)
    barred = _barred(run.items, candidates, exclude)
    return run, barred, _checked(k, int((~barred).sum()))


def _barred(items: pd.DataFrame, candidates: Ids | None, exclude: Ids | None) -> np.ndarray:
    """What may not be recommended: bool [I].

    Raises:
        UsageError: None of the candidates is known, or none is left.
    """
    barred = np.zeros(len(items), np.bool_)
    if candidates is not None:
        barred[:] = True
        barred[_known(items, candidates, "candidates", needed=True)] = False
    if exclude is not None:
        barred[_known(items, exclude, "items to exclude", needed=False)] = True
    if barred.all():
        raise UsageError("every item that could be recommended is excluded")
    return barred


def _known(items: pd.DataFrame, ids: Ids, called: str, *, needed: bool) -> np.ndarray:
    """The nodes of those items that are known: int64 [n]; a warning tells of others."""
    wanted = listed_ids(ids, "item")
    nodes = find_nodes(wanted, items["item"])
    found = nodes >= 0
    if not found.all():
        strange = [each for each, is_known in zip(wanted, found, strict=True) if not is_known]
        told = unknown(items, "item", strange) + taken_apart(wanted, nodes, items["item"])
        logger.warning("of the %s %d are not known: %s", called, len(strange), told)
    if needed and not found.any():
        raise UsageError(
            f"none of the {len(wanted)} {called} is known; their ids are those of the run's items.parquet{NEW_ITEMS}"
        )
    return nodes[found]


def _checked(k: int, most: int) -> int:
    if not isinstance(k, Integral) or isinstance(k, bool):
        raise UsageError(f"k is a whole number, at least 1; got {k!r}")
    k = int(k)
    if k < 1:
        raise UsageError(f"k is at least 1; got {k}")
    if k > most:
        logger.warning("k is %d and there are %d items to choose from; k is taken as %d", k, most, most)
    return min(k, most)


def _listed(scores: Tensor, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Row, place (from 0), item and score of each recommendation; -inf is never recommended."""
    values, items = top_items(scores, k)
    rows, places = torch.nonzero(values > -torch.inf, as_tuple=True)
    found = (rows, places, items[rows, places], values[rows, places])
    rows_, places_, items_, values_ = (each.cpu().numpy() for each in found)
    return rows_, places_, items_, values_


def _table(run: Asked, items: np.ndarray, values: np.ndarray, **first: np.ndarray) -> pd.DataFrame:
    """Columns `first`, `item`, `title` where there is one, `score`."""
    columns = {**first, "item": run.items["item"].to_numpy()[items]}
    if "title" in run.items:
        columns["title"] = run.items["title"].to_numpy()[items]
    return pd.DataFrame({**columns, "score": values})
