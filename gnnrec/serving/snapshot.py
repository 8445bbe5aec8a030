"""What answers are made of: a recommender over the graph as of the last refresh, and the items it knows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gnnrec.data.edges import Edges
from gnnrec.data.grown_split import grown
from gnnrec.data.new_items import new_items
from gnnrec.errors import DataError, UsageError
from gnnrec.serving.catalogue import ItemTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Self

    from gnnrec.data.new_items import NewItems
    from gnnrec.data.split import Split
    from gnnrec.modelling.scoring import Scoring
    from gnnrec.runs.saved import Run
    from gnnrec.serving.answers import Id
    from gnnrec.serving.since import Event, Since


class KnownIds:
    """The users and items of a run.

    Args:
        run: Any finished run.

    Attributes:
        users: Original id to number.
        items: The items.
    """

    def __init__(self, run: Run) -> None:
        self.users: dict[Id, int] = {each: number for number, each in enumerate(run.users["user"].tolist())}
        self.items = ItemTable(run.items)


@dataclass(frozen=True)
class Snapshot:
    """All that answers are made of, but for what came since.

    Attributes:
        split: What the test phase knows of the run's users and items, with what came until the last refresh.
        base: The recommender over it.
        scoring: The same, new items among the items.
        items: All items that can be recommended.
        refreshed: The number of the last change it knows of.
        new: New items that the recommender can say nothing of, and why.
    """

    split: Split
    base: Scoring
    scoring: Scoring
    items: ItemTable
    refreshed: int
    new: Mapping[Id, str]

    @classmethod
    def of(cls, run: Run, known: KnownIds, since: Since) -> Self:
        """That of a run, with what the last refresh knows of all that came since, and new items."""
        edges = _until_refresh(known, since)
        split = grown(run.learned, edges) if len(edges) else run.learned
        scoring = run.scoring_over(split) if len(edges) else run.scoring
        return cls(split, scoring, scoring, known.items, since.refreshed, {}).with_items_of(run, known, since)

    def with_items_of(self, run: Run, known: KnownIds, since: Since) -> Self:
        """The same graph, with other new items."""
        left_out: dict[Id, str] = {}
        rows = [{"item": item, **attributes} for item, attributes in since.items.items()]
        added = self._readable(rows, known, since, left_out)
        try:
            if added is not None:
                wider = self.base.with_new_items(added)
                table = pd.concat([run.items.astype(object), added.table.astype(object)], ignore_index=True)
                return replace(self, scoring=wider, items=ItemTable(table), new=left_out)
        except (DataError, UsageError) as error:
            left_out |= dict.fromkeys(added.table["item"].tolist() if added is not None else (), str(error))
        return replace(self, scoring=self.base, items=known.items, new=left_out)

    def _readable(
        self, rows: list[dict[str, Any]], known: KnownIds, since: Since, left_out: dict[Id, str]
    ) -> NewItems | None:
        """New items as far as they can be read; why not, of each of the others. None where there is none."""
        data = self.split.interactions
        try:
            return new_items(_with_users(rows, known, since), data, "the store") if rows else None
        except DataError:
            taken = []
            for row in rows:
                try:
                    new_items(pd.DataFrame([row]), data, "the store")
                    taken.append(row)
                except DataError as error:
                    left_out[row["item"]] = str(error)
        return new_items(_with_users(taken, known, since), data, "the store") if taken else None


def edges_of(users: Sequence[int], items: Sequence[tuple[int, Event]], num_users: int, num_items: int) -> Edges:
    """Events as edges, with the times and the weights that all of them have."""
    times, weights = [event.time for _, event in items], [event.weight for _, event in items]
    return Edges(
        np.array(users, np.int64),
        np.array([item for item, _ in items], np.int64),
        num_users,
        num_items,
        np.array(times, np.int64) if None not in times else None,
        np.array(weights, np.float32) if None not in weights else None,
    )


def _until_refresh(known: KnownIds, since: Since) -> Edges:
    """What came until the last refresh, between users and items of the run."""
    number_of = known.items.number_of
    found = [
        (known.users[user], number_of[item], event)
        for user, events in since.events.items()
        if user in known.users and user not in since.gone_users
        for item, event in events.items()
        if event.number <= since.refreshed and item in number_of
    ]
    items = [(item, event) for _, item, event in found]
    return edges_of([user for user, _, _ in found], items, len(known.users), len(known.items))


def _with_users(rows: Iterable[Mapping[str, Any]], known: KnownIds, since: Since) -> pd.DataFrame:
    """New items, with those users of the run who interacted with them until the last refresh."""
    users: dict[Id, list[Id]] = {}
    for user, events in since.events.items():
        for item, event in events.items():
            if event.number <= since.refreshed and item in since.items and user in known.users:
                users.setdefault(item, []).append(user)
    return pd.DataFrame([{**row, "users": users.get(row["item"], [])} for row in rows])
