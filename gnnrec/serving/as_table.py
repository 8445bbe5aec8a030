"""Live recommendations as a table, the same to the digit as a server gives."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pandas as pd

from gnnrec.data.lookup import as_said, listed_ids
from gnnrec.serving.answers import Ask, HistoryItem, Unknown
from gnnrec.serving.changes import Catalogue
from gnnrec.serving.live import Live
from gnnrec.serving.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gnnrec.runs.saved import Run
    from gnnrec.serving.answers import Id

    Ids = Iterable[Any] | pd.DataFrame
    """Original ids in order, or a table with a column of them; a name for annotations."""


def recommend_live(
    run: Run,
    url: str,
    users: Ids | None,
    history: Ids | None,
    k: int,
    *,
    include_seen: bool = False,
    candidates: Ids | None = None,
    exclude: Ids | None = None,
) -> pd.DataFrame:
    """What a server over a run and a store recommends.

    Args:
        run: A finished run.
        url: Of the store.
        users: Original ids, of the run or of the store; all users of the run where neither these nor a history are
            given.
        history: Items of somebody, with `time` and `weight` where a table has them.
        k: How many.
        include_seen: Recommend known items too.
        candidates: Nothing else is recommended.
        exclude: What is not.

    Returns:
        Columns `user` (not for a history), `rank` (from 1), `item`, `title` (where the run has titles), `score`.

    Raises:
        Unknown: A user or an item is not there.
        UsageError: Nothing is left to choose from.
        StoreError: The store cannot be read, or is of other data.
    """
    people, things = run.users["user"], run.items["item"]
    with closing(Store.open(url, Catalogue.of(people.tolist(), things.tolist()))) as store:
        live = Live(run, store)
        asked: dict[str, Any] = {"k": k, "include_seen": include_seen}
        for name, ids in (("candidates", candidates), ("exclude", exclude)):
            if ids is not None:
                asked[name] = tuple(_said("item", ids, things))
        if history is not None:
            (answer,) = live.recommend([Ask(history=_history(history, things), **asked)])
            return _table(run, [{"rank": each.rank, **_row(each)} for each in answer.items])
        wanted = people.tolist() if users is None else _said("user", users, people)
        rows = [
            {"user": user, "rank": each.rank, **_row(each)}
            for user in wanted
            for each in live.recommend([Ask(user=user, **asked)])[0].items
        ]
        return _table(run, rows)


def _said(kind: Any, ids: Ids, known: pd.Series[Any]) -> list[Id]:
    given = listed_ids(ids, kind)
    said = as_said(given, known)
    for one, meant in zip(given, said, strict=True):
        if meant is None:
            raise Unknown(kind, str(one))
    return said


def _history(history: Ids, known: pd.Series[Any]) -> tuple[HistoryItem, ...]:
    items = _said("item", history, known)
    table = history if isinstance(history, pd.DataFrame) else pd.DataFrame(index=range(len(items)))
    times = table["time"].tolist() if "time" in table else [None] * len(items)
    weights = table["weight"].tolist() if "weight" in table else [None] * len(items)
    return tuple(map(HistoryItem, items, times, weights))


def _row(listed: Any) -> dict[str, Any]:
    return {"item": listed.item, "title": listed.title, "score": listed.score}


def _table(run: Run, rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=None if rows else ["rank", "item", "title", "score"])
    return table if "title" in run.items else table.drop(columns="title")
