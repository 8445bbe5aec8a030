"""A run that goes on learning who is there: recommendations over a graph that grows while they are asked for."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
import torch

from gnnrec.data.new_items import new_items
from gnnrec.errors import DataError, UsageError
from gnnrec.evaluation.ranking import top_items
from gnnrec.serving.answers import Answer, Listed, Reason, Unknown
from gnnrec.serving.catalogue import nearest
from gnnrec.serving.since import Event, Since
from gnnrec.serving.snapshot import KnownIds, Snapshot, edges_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from gnnrec.data.edges import Edges, Mask
    from gnnrec.runs.saved import Run
    from gnnrec.serving.answers import Ask, Id
    from gnnrec.serving.catalogue import ItemTable
    from gnnrec.serving.changes import Change

KNOWN = "a known user, with their own embedding"
"""How somebody was seen who was there in training."""

REASONS = 5
"""How many items of the user's own are named for each that is recommended."""

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


class Person(NamedTuple):
    """Somebody who is recommended to.

    Attributes:
        node: A known user's number; None for others.
        history: All that they have of the run's items: edges of one user.
        is_grown: Whether some of it came after the last refresh.
    """

    node: int | None
    history: Edges
    is_grown: bool


class Asked(NamedTuple):
    """A question, once it is known who asks.

    Attributes:
        ask: The question.
        barred: bool [I], what this one is not recommended.
        person: Who it is for.
    """

    ask: Ask
    barred: Mask
    person: Person


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
        self._snapshot = Snapshot(run.learned, run.scoring, self._known.items, 0, {})
        self.catch_up()

    def catch_up(self) -> int:
        """Take over what the store has since; the number of the last change.

        Raises:
            StoreError: It cannot be read.
        """
        if self._store is None or self._store.last() == self._changes.upto:
            return self._changes.upto
        with self._lock:
            before = self._changes.refreshed, dict(self._changes.items)
            if not self._read_on():
                self._changes = Since()
                self._read_on()
            if (self._changes.refreshed, self._changes.items) != before:
                self._snapshot = Snapshot.of(self.run, self._known, self._changes)
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
            snapshot, upto = self._snapshot, self._changes.upto
            barred = self._barred(snapshot.items)
            asked = [self._looked_up(ask, snapshot, barred.copy()) for ask in asks]
        return [self._answered(each, snapshot, upto) for each in asked]

    def similar(self, item: Id, k: int) -> tuple[Listed, ...]:
        """The items most similar to one, without itself.

        Raises:
            Unknown: It is not there.
        """
        with self._lock:
            snapshot, barred = self._snapshot, self._barred(self._snapshot.items)
        number = self._number(snapshot.items, item)
        scores = snapshot.scoring.similarity(number)[None, :].clone()
        barred[number] = True
        scores[0, torch.from_numpy(barred)] = -torch.inf
        return self._listed(snapshot.items, scores, k)

    def search(self, text: str, k: int) -> tuple[Listed, ...]:
        """The items whose title holds a text, or whose id does where there are no titles; scores are 0."""
        items = self._snapshot.items
        found = items.found(text, k)
        return tuple(
            Listed(rank, items.ids[number], 0.0, items.titles[number], items.attributes_of(number))
            for rank, number in enumerate(found, 1)
        )

    def require_user(self, user: Id) -> None:
        """See that somebody is there.

        Raises:
            Unknown: Nobody of that id is; with the nearest.
        """
        with self._lock:
            if self._is_there(user):
                return
            known = [*self._known.users, *self._changes.users, *self._changes.events]
        raise Unknown("user", user, nearest(user, known))

    def require_item(self, item: Id) -> None:
        """See that an item is there, to be recommended or not.

        Raises:
            Unknown: None of that id is; with the nearest.
        """
        if item not in self._changes.items or item in self._changes.gone_items:
            self._number(self._snapshot.items, item)

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

    def _read_on(self) -> bool:
        """Read what the store has; whether that led to what it is now."""
        whole, from_start = True, self._changes.upto == 0
        while self._store is not None and (some := self._store.since(self._changes.upto)):
            whole &= self._changes.apply(some)
            if len(some) < AT_ONCE and self._store.last() <= self._changes.upto:
                break
        return whole or from_start

    def _is_there(self, user: Id) -> bool:
        changes = self._changes
        is_known = user in self._known.users and user not in changes.gone_users
        return is_known or user in changes.users or user in changes.events

    def _number(self, items: ItemTable, item: Id) -> int:
        number = items.number_of.get(item)
        if number is None or item in self._changes.gone_items:
            raise Unknown("item", item, nearest(item, items.ids))
        return number

    def _barred(self, items: ItemTable) -> Mask:
        """What nobody is recommended."""
        barred = np.zeros(len(items), np.bool_)
        for item in (*self._changes.withdrawn, *self._changes.gone_items):
            if item in items.number_of:
                barred[items.number_of[item]] = True
        return barred

    def _looked_up(self, ask: Ask, snapshot: Snapshot, barred: Mask) -> Asked:
        """Who asks, and what they are not recommended."""
        if ask.history is None:
            if ask.user is None:
                raise UsageError("a user or a history is asked about, and neither is given")
            self.require_user(ask.user)
            events: Mapping[Id, Event] = self._changes.events.get(ask.user, {})
            is_known = ask.user in self._known.users and ask.user not in self._changes.gone_users
            node = self._known.users[ask.user] if is_known else None
        else:
            node, events = None, self._as_events(ask, snapshot.items)
        self._bar(ask, snapshot.items, barred, node, events)
        if barred.all():
            raise UsageError("every item that could be recommended is excluded")
        history, is_grown = self._history(snapshot, node, events)
        return Asked(ask, barred, Person(node, history, is_grown))

    def _answered(self, asked: Asked, snapshot: Snapshot, upto: int) -> Answer:
        scores = _scores(snapshot, asked.person)
        scores[0, torch.from_numpy(asked.barred)] = -torch.inf
        listed, how = self._listed(snapshot.items, scores, asked.ask.k), None
        if asked.ask.reasons:
            listed, how = self._with_reasons(snapshot, asked.person, listed)
        method = snapshot.scoring.by_history if asked.person.node is None else KNOWN
        return Answer(listed, method, how, upto, snapshot.refreshed)

    def _as_events(self, ask: Ask, items: ItemTable) -> dict[Id, Event]:
        for each in ask.history or ():
            self._number(items, each.item)
        return {each.item: Event(0, each.time, each.weight) for each in ask.history or ()}

    def _history(self, snapshot: Snapshot, node: int | None, events: Mapping[Id, Event]) -> tuple[Edges, bool]:
        """All that one user has of the run's items, and whether some of it came after the last refresh."""
        since = 0 if node is None else snapshot.refreshed + 1
        of_run = self._known.items.number_of
        newer = sorted(
            (of_run[item], event) for item, event in events.items() if event.number >= since and item in of_run
        )
        added = edges_of([0] * len(newer), newer, 1, len(self._known.items))
        if node is None:
            return added, True
        known = snapshot.split.known("test")
        _, places = known.places_of(np.array([node]))
        before = replace(known.keep(places), users=np.zeros(len(places), np.int64), num_users=1)
        if not newer:
            return before, False
        added = added.told_as(known)
        added = added.keep(~np.isin(added.items, before.items))
        return before.joined(added), True

    def _with_reasons(
        self, snapshot: Snapshot, person: Person, listed: tuple[Listed, ...]
    ) -> tuple[tuple[Listed, ...], str]:
        """The list, each item with those of the user's own that carried it most, and what they share."""
        history, items = person.history, snapshot.items
        numbers = torch.tensor([items.number_of[each.item] for each in listed], dtype=torch.int64)
        weights, how = snapshot.scoring.carried(person.node, history, numbers)
        told = []
        for place, each in enumerate(listed):
            heaviest, places = torch.topk(weights[:, place], min(REASONS, len(history)))
            best = zip(history.items[places.numpy()].tolist(), heaviest.tolist(), strict=True)
            found = [(number, weight) for number, weight in best if weight > 0]
            reasons = tuple(Reason(items.ids[number], weight, items.titles[number]) for number, weight in found)
            shared = items.shared(items.number_of[each.item], [number for number, _ in found])
            told.append(replace(each, reasons=reasons, shared=shared))
        return tuple(told), how

    def _bar(self, ask: Ask, items: ItemTable, barred: Mask, node: int | None, events: Mapping[Id, Event]) -> None:
        """Mark what this one is not recommended."""
        if not ask.include_seen:
            if node is not None:
                barred[self._seen.items_of(np.array([node]))[1]] = True
            for item in events:
                if item in items.number_of:
                    barred[items.number_of[item]] = True
        if ask.exclude:
            barred[[self._number(items, item) for item in ask.exclude]] = True
        if ask.candidates is not None:
            chosen = np.zeros(len(items), np.bool_)
            chosen[[self._number(items, item) for item in ask.candidates]] = True
            barred |= ~chosen
        if ask.where:
            unknown = [name for name in ask.where if name not in items.attributes]
            if unknown:
                known = ", ".join(items.attributes) or "nothing"
                raise UsageError(f"items have no attribute '{unknown[0]}'; of them is known: {known}")
            barred |= ~items.having(ask.where)

    def _listed(self, items: ItemTable, scores: Tensor, k: int) -> tuple[Listed, ...]:
        values, numbers = top_items(scores, min(k, len(items)))
        return tuple(
            Listed(rank, items.ids[number], value, items.titles[number], items.attributes_of(number))
            for rank, (number, value) in enumerate(zip(numbers[0].tolist(), values[0].tolist(), strict=True), 1)
            if value > -np.inf
        )


def _scores(snapshot: Snapshot, person: Person) -> Tensor:
    """The scores of all items for somebody: float32 [1, I]."""
    if person.node is None:
        return snapshot.scoring.score_histories(person.history)
    user = torch.tensor([person.node])
    return snapshot.scoring.score_grown(user, person.history) if person.is_grown else snapshot.scoring.score(user)
