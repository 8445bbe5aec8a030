"""A run that goes on learning who is there: recommendations over a graph that grows while they are asked for."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
import torch

from gnnrec.data.new_items import new_items
from gnnrec.errors import DataError, UsageError
from gnnrec.serving.moment import Moment
from gnnrec.serving.since import Since
from gnnrec.serving.snapshot import KnownIds, Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gnnrec.runs.saved import Run
    from gnnrec.serving.answers import Answer, Ask, Id, Listed
    from gnnrec.serving.changes import Change

AT_ONCE = 10_000
"""Changes that are read at once."""


class Log(Protocol):
    """What a live recommender needs of a store."""

    def last(self) -> int:
        """The number of the last change."""

    def since(self, number: int, limit: int = AT_ONCE) -> list[Change]:
        """The changes after one, in their order."""

    def refresh(self, upto: int) -> int:
        """Note that item embeddings are to know all changes up to one."""


class Live:
    """Answers from a run's frozen weights, its graph, and what a store tells of since.

    An interaction moves its user in the very next answer: a known one keeps their own embedding of layer 0, a new one
    is folded in from all of their interactions. Items move when `refresh` is called, by any process: its mark is in the
    store, so that all that read it agree. New items are there at once, by their features and relations.

    Each is scored alone: the last digit of a product hangs on how many rows it has, and an answer is to hang on nobody
    else's question.

    Args:
        run: Any finished run.
        store: What came since; None for the run as it is.
    """

    def __init__(self, run: Run, store: Log | None = None) -> None:
        self.run = run
        self._store, self._lock = store, threading.RLock()
        self._known = KnownIds(run)
        self._seen = run.split.interactions.seen
        self._started = time.time()
        self._changes = Since()
        self._snapshot = Snapshot.of(run, self._known, self._changes)
        self.catch_up()

    def catch_up(self) -> int:
        """Take over what the store has since; the number of the last change.

        Raises:
            StoreError: It cannot be read.
        """
        if self._store is None or self._store.last() == self._changes.upto:
            return self._changes.upto
        with self._lock:
            before, items = self._changes.edges_of, dict(self._changes.items)
            if not self._read_on():
                self._changes = Since()
                self._read_on()
            if self._changes.edges_of != before:
                self._snapshot = Snapshot.of(self.run, self._known, self._changes)
            elif self._changes.items != items:  # the graph is what it was
                self._snapshot = self._snapshot.with_items_of(self.run, self._known, self._changes)
            return self._changes.upto

    def refresh(self) -> int:
        """Let item embeddings know all that came until now; the number of the last change they know.

        Raises:
            StoreError: It cannot be written.
        """
        if self._store is not None:
            self.catch_up()
            if self._changes.news > self._changes.refreshed:
                self._store.refresh(self._changes.news)
                self.catch_up()
        return self._snapshot.refreshed

    def recommend(self, asks: Sequence[Ask]) -> list[Answer]:
        """Answer each, in order.

        Raises:
            Unknown: A user, or an item that is named, is not there.
            UsageError: Nothing is left to choose from, or something else that is asked for cannot be.
        """
        with self._lock:  # all of them are told of the same moment
            moment = self._moment
            asked = [moment.looked_up(ask) for ask in asks]
        return [moment.answered(each) for each in asked]

    def similar(self, item: Id, k: int) -> tuple[Listed, ...]:
        """The items most similar to one, without itself.

        Raises:
            Unknown: It is not there.
        """
        with self._lock:
            moment, barred = self._moment, self._moment.barred()
            number = moment.number(item)
        scores = moment.snapshot.scoring.similarity(number)[None, :].clone()
        barred[number] = True
        scores[0, torch.from_numpy(barred)] = -torch.inf
        return moment.listed(scores, k)

    def search(self, text: str, k: int) -> tuple[Listed, ...]:
        """The items whose title holds a text, or whose id does where there are no titles; scores are 0."""
        moment = self._moment
        return tuple(moment.told(rank, number, 0.0) for rank, number in enumerate(moment.items.found(text, k), 1))

    def require_user(self, user: Id) -> None:
        """See that somebody is there.

        Raises:
            Unknown: Nobody of that id is; with the nearest.
        """
        with self._lock:
            self._moment.require_user(user)

    def require_item(self, item: Id) -> None:
        """See that an item is there, to be recommended or not.

        Raises:
            Unknown: None of that id is; with the nearest.
        """
        if item not in self._changes.items or item in self._changes.gone_items:
            self._moment.number(item)

    def require_new_item(self, item: Id, attributes: Mapping[str, Any]) -> None:
        """See that a new item can be taken in.

        Raises:
            UsageError: There is one of that id, or nothing that the run looks at is known of it.
        """
        if item in self._snapshot.items.number_of or item in self._changes.items:
            raise UsageError(f"there is an item {item} already")
        try:
            added = new_items(
                pd.DataFrame([{"item": item, **attributes}]), self._snapshot.split.interactions, "the item"
            )
            with suppress(UsageError):  # what knows items by interactions alone waits for the next training
                self.run.scoring.with_new_items(added)
        except DataError as error:
            raise UsageError(str(error)) from None

    def model(self) -> dict[str, Any]:
        """What answers come from: the run, its figures, its data, and how much came since."""
        run, snapshot = self.run, self._snapshot
        data = run.environment.get("dataset", {})
        return {
            "recipe": run.recipe.name,
            "run": run.directory.name,
            "metrics": {part: run.metrics[part] for part in ("val", "test")},
            "data": {name: data.get(name) for name in ("source", "fingerprint")},
            "users": len(self._known.users),
            "items": len(snapshot.items),
            "attributes": list(snapshot.items.attributes),
            "by_history": snapshot.scoring.by_history,
            "seconds_since_start": time.time() - self._started,
            "changes": self._changes.upto,
            "refreshed": snapshot.refreshed,
            "events": sum(map(len, self._changes.events.values())),
            "new_users": len(self._changes.users),
            "new_items": len(self._changes.items),
            "not_recommended": {str(item): why for item, why in snapshot.new.items()},
        }

    @property
    def _moment(self) -> Moment:
        return Moment(self._snapshot, self._changes, self._known, self._seen)

    def _read_on(self) -> bool:
        """Read what the store has; whether that led to what it is now."""
        whole, from_start = True, self._changes.upto == 0
        while self._store is not None and (some := self._store.since(self._changes.upto)):
            whole &= self._changes.apply(some)
            if len(some) < AT_ONCE and self._store.last() <= self._changes.upto:
                break
        return whole or from_start
