"""What answers are made of: a recommender over the graph as of the last refresh, and the items it knows."""

from __future__ import annotations

from dataclasses import dataclass
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
        scoring: The recommender over it, new items among the items.
        items: All items that can be recommended.
        refreshed: The number of the last change it knows of.
        new: New items that the recommender can say nothing of, and why.
    """

    split: Split
    scoring: Scoring
    items: ItemTable
    refreshed: int
    new: Mapping[Id, str]

    @classmethod
    def of(cls, run: Run, known: KnownIds, since: Since) -> Self:
        """That of a run, with what the last refresh knows of all that came since, and new items."""
        split = grown(run.learned, _until_refresh(known, since))
        scoring = run.scoring_over(split)
        rows: list[dict[str, Any]] = []
        left_out: dict[Id, str] = {}
        for item, attributes in since.items.items():
            row = {"item": item, **attributes}
            try:
                new_items(pd.DataFrame([row]), split.interactions, "the store")
                rows.append(row)
            except DataError as error:
                left_out[item] = str(error)
        if not rows:
            return cls(split, scoring, known.items, since.refreshed, left_out)
        try:
            added = new_items(_with_users(rows, known, since), split.interactions, "the store")
            wider = scoring.with_new_items(added)
        except (DataError, UsageError) as error:
            left_out |= {row["item"]: str(error) for row in rows}
            return cls(split, scoring, known.items, since.refreshed, left_out)
        table = pd.concat([run.items.astype(object), added.table.astype(object)], ignore_index=True)
        return cls(split, wider, ItemTable(table), since.refreshed, left_out)


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
