"""All that answers know at one moment: who asks, what they may be recommended, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from gnnrec.errors import UsageError
from gnnrec.evaluation.ranking import top_items
from gnnrec.serving.answers import Answer, Listed, Reason, Unknown
from gnnrec.serving.catalogue import nearest
from gnnrec.serving.since import Event
from gnnrec.serving.snapshot import edges_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from gnnrec.data.edges import Edges, Mask
    from gnnrec.serving.answers import Ask, Id
    from gnnrec.serving.since import Since
    from gnnrec.serving.snapshot import KnownIds, Snapshot

KNOWN = "a known user, with their own embedding"
"""How somebody was seen who was there in training."""

REASONS = 5
"""How many items of the user's own are named for each that is recommended."""


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


class Moment:
    """What is known of a run and of what came since, until some change.

    Questions are looked up while nothing changes; they can be answered afterwards.

    Args:
        snapshot: What answers are made of.
        since: What came.
        known: The users and items of the run.
        seen: All interactions that the run knows.
    """

    def __init__(self, snapshot: Snapshot, since: Since, known: KnownIds, seen: Edges) -> None:
        self.snapshot, self.items = snapshot, snapshot.items
        self._since, self._known, self._seen, self._upto = since, known, seen, since.upto

    def is_there(self, user: Id) -> bool:
        """Whether there is such a user."""
        return self._is_of_run(user) or user in self._since.users or user in self._since.events

    def number(self, item: Id) -> int:
        """The number of an item that can be recommended.

        Raises:
            Unknown: There is none; with the nearest.
        """
        number = self.items.number_of.get(item)
        if number is None or item in self._since.gone_items:
            raise Unknown("item", item, nearest(item, self.items.ids))
        return number

    def require_user(self, user: Id) -> None:
        """See that there is such a user.

        Raises:
            Unknown: There is none; with the nearest.
        """
        if not self.is_there(user):
            raise Unknown("user", user, nearest(user, [*self._known.users, *self._since.users, *self._since.events]))

    def barred(self) -> Mask:
        """What nobody is recommended: bool [I]."""
        barred = np.zeros(len(self.items), np.bool_)
        for item in (*self._since.withdrawn, *self._since.gone_items):
            if item in self.items.number_of:
                barred[self.items.number_of[item]] = True
        return barred

    def looked_up(self, ask: Ask) -> Asked:
        """Who asks, and what they are not recommended.

        Raises:
            Unknown: A user, or an item that is named, is not there.
            UsageError: Nothing is left to choose from, or something else that is asked for cannot be.
        """
        events: Mapping[Id, Event]
        if ask.history is not None:
            for each in ask.history:
                self.number(each.item)
            node, events = None, {each.item: Event(0, each.time, each.weight) for each in ask.history}
        elif ask.user is not None:
            self.require_user(ask.user)
            node = self._known.users[ask.user] if self._is_of_run(ask.user) else None
            events = self._since.events.get(ask.user, {})
        else:
            raise UsageError("a user or a history is asked about, and neither is given")
        barred = self.barred()
        self._bar(ask, barred, node, events)
        if barred.all():
            raise UsageError("every item that could be recommended is excluded")
        return Asked(ask, barred, self._person(node, events))

    def answered(self, asked: Asked) -> Answer:
        """What somebody is recommended."""
        scores = self._scores(asked.person)
        scores[0, torch.from_numpy(asked.barred)] = -torch.inf
        listed, how = self.listed(scores, asked.ask.k), None
        if asked.ask.reasons:
            listed, how = self._with_reasons(asked.person, listed)
        method = self.snapshot.scoring.by_history if asked.person.node is None else KNOWN
        return Answer(listed, method, how, self._upto, self.snapshot.refreshed)

    def listed(self, scores: Tensor, k: int) -> tuple[Listed, ...]:
        """The best k items by scores float32 [1, I]; -inf is never among them."""
        values, numbers = top_items(scores, min(k, len(self.items)))
        best = zip(numbers[0].tolist(), values[0].tolist(), strict=True)
        return tuple(self.told(rank, number, value) for rank, (number, value) in enumerate(best, 1) if value > -np.inf)

    def told(self, rank: int, number: int, score: float) -> Listed:
        """An item in its place of a list."""
        items = self.items
        return Listed(rank, items.ids[number], score, items.titles[number], items.attributes_of(number))

    def _is_of_run(self, user: Id) -> bool:
        return user in self._known.users and user not in self._since.gone_users

    def _person(self, node: int | None, events: Mapping[Id, Event]) -> Person:
        """Who somebody is to the recommender."""
        since = 0 if node is None else self.snapshot.refreshed + 1
        of_run = self._known.items.number_of
        newer = sorted(
            (of_run[item], event) for item, event in events.items() if event.number >= since and item in of_run
        )
        added = edges_of([0] * len(newer), newer, 1, len(self._known.items))
        if node is None:
            return Person(None, added, is_grown=True)
        known = self.snapshot.split.known("test")
        _, places = known.places_of(np.array([node]))
        before = replace(known.keep(places), users=np.zeros(len(places), np.int64), num_users=1)
        if not newer:
            return Person(node, before, is_grown=False)
        added = added.told_as(known)
        added = added.keep(~np.isin(added.items, before.items))
        return Person(node, before.joined(added), is_grown=True)

    def _bar(self, ask: Ask, barred: Mask, node: int | None, events: Mapping[Id, Event]) -> None:
        """Mark what this one is not recommended."""
        items = self.items
        if not ask.include_seen:
            if node is not None:
                barred[self._seen.items_of(np.array([node]))[1]] = True
            for item in events:
                if item in items.number_of:
                    barred[items.number_of[item]] = True
        if ask.exclude:
            barred[[self.number(item) for item in ask.exclude]] = True
        if ask.candidates is not None:
            chosen = np.zeros(len(items), np.bool_)
            chosen[[self.number(item) for item in ask.candidates]] = True
            barred |= ~chosen
        if ask.where:
            unknown = [name for name in ask.where if name not in items.attributes]
            if unknown:
                known = ", ".join(items.attributes) or "nothing"
                raise UsageError(f"items have no attribute '{unknown[0]}'; of them is known: {known}")
            barred |= ~items.having(ask.where)

    def _scores(self, person: Person) -> Tensor:
        """The scores of all items for somebody: float32 [1, I]."""
        scoring = self.snapshot.scoring
        if person.node is None:
            return scoring.score_histories(person.history)
        user = torch.tensor([person.node])
        return scoring.score_grown(user, person.history) if person.is_grown else scoring.score(user)

    def _with_reasons(self, person: Person, listed: tuple[Listed, ...]) -> tuple[tuple[Listed, ...], str]:
        """The list, each item with those of the user's own that carried it most, and what they share."""
        history, items = person.history, self.items
        numbers = torch.tensor([items.number_of[each.item] for each in listed], dtype=torch.int64)
        weights, how = self.snapshot.scoring.carried(person.node, history, numbers)
        told = []
        for place, each in enumerate(listed):
            heaviest, places = torch.topk(weights[:, place], min(REASONS, len(history)))
            best = zip(history.items[places.numpy()].tolist(), heaviest.tolist(), strict=True)
            found = [(number, weight) for number, weight in best if weight > 0]
            reasons = tuple(Reason(items.ids[number], weight, items.titles[number]) for number, weight in found)
            shared = items.shared(items.number_of[each.item], [number for number, _ in found])
            told.append(replace(each, reasons=reasons, shared=shared))
        return tuple(told), how
