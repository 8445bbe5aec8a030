"""No leak through the side door: behaviours and relations, cleared of what must not be known at some point."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from gnnrec.data.membership import among

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gnnrec.data.edges import Edges, IdArray, Mask, Relation


@dataclass(frozen=True)
class Clearing:
    """What must not be known at some point.

    Attributes:
        hidden: int64 [H], ascending: keys of pairs of which nothing may tell but what is known to be no later than the
            moment.
        learned: int64 [L], ascending: keys of pairs of which nothing may tell, whenever it was.
        beside: int64 [P], ascending: keys of pairs beside which no edge may stand but one that is known to be no later
            than the moment; what the user said of the item, an edge of the item alone, may.
        moment: After which nothing is known.
        absent: Node type to bool [N].
        num_items: I.
    """

    hidden: IdArray
    learned: IdArray
    beside: IdArray
    moment: int | IdArray | None
    absent: Mapping[str, Mask]
    num_items: int

    def behaviour(self, each: Edges) -> Edges:
        """A behaviour without what is later, without what tells of a pair, and without absent nodes."""
        return each.keep(self._may_be_told(None, [each.users], [each.items], each.time))

    def relation(self, each: Relation) -> Relation:
        """The same of a relation that users made: who tags a film has seen it; who wishes for it is its maker.

        What nobody in particular made is as old as the last of the moments allows.
        """
        ends = ((each.source_type, each.source), (each.target_type, each.target))
        users, items = ([ids for kind, ids in ends if kind == wanted] for wanted in ("user", "item"))
        if users or each.by_user is not None:
            return each.keep(self._may_be_told(each.by_user, users, items, each.time))
        early = _early(self.moment, None, each.time)
        return each if early is None else each.keep(early)

    def _may_be_told(
        self, by_user: IdArray | None, users: Sequence[IdArray], items: Sequence[IdArray], time: IdArray | None
    ) -> Mask:
        """Of what users made, about users and items: bool [n].

        Args:
            by_user: int64 [n], who made each; None where the first of the ends did.
            users: int64 [n] each, those ends that are users.
            items: int64 [n] each, those ends that are items.
            time: int64 [n], when it was made.
        """
        makers = [] if by_user is None else [by_user]
        everybody = [*makers, *users]
        early = _early(self.moment, everybody[0], time)
        kept = np.ones(len(everybody[0]), bool) if early is None else early
        for kind, nodes in (("user", everybody), ("item", items)):
            for ids in nodes:
                kept &= ~leads_to(ids, self.absent.get(kind))
        for told, untimed in ((makers, [self.hidden]), (users, [self.hidden, self.beside])):
            for user, item in product(told, items):
                keys = user * self.num_items + item
                for pairs in [self.learned, *(untimed if early is None else ())]:
                    kept &= ~among(keys, pairs)
        return kept


def until(edges: Edges, moment: int | IdArray | None) -> Edges:
    """The edges that are not later than a moment; all where there is none, or times are not known."""
    return edges.keep(not_later(edges, moment))


def not_later(edges: Edges, moment: int | IdArray | None) -> Mask:
    """Which edges are not later than a moment: bool [E]; all where there is none, or times are not known."""
    early = _early(moment, edges.users, edges.time)
    return np.ones(len(edges), bool) if early is None else early


def leads_to(ids: IdArray, absent: Mask | None) -> Mask:
    """Which ids are of absent nodes."""
    return np.zeros(len(ids), bool) if absent is None else absent[ids]


def _early(moment: int | IdArray | None, users: IdArray | None, time: IdArray | None) -> Mask | None:
    """What is not later than a moment, each user's own where there are such; None where times say nothing."""
    if moment is None or time is None:
        return None
    if isinstance(moment, int):
        return time <= moment
    return time <= (moment.max() if users is None else moment[users])
