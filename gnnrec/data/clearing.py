"""No leak through the side door: behaviours and relations, cleared of what must not be known at some point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gnnrec.data.edges import Edges, IdArray, Mask, Relation


@dataclass(frozen=True)
class Clearing:
    """What must not be known at some point.

    Attributes:
        hidden: int64 [H], keys of pairs that must not show where times say nothing of that.
        learned: int64 [L], keys of pairs that must not show in any case.
        moment: After which nothing is known.
        absent: Node type to bool [N].
        num_items: I.
    """

    hidden: IdArray
    learned: IdArray
    moment: int | IdArray | None
    absent: Mapping[str, Mask]
    num_items: int

    def behaviour(self, each: Edges) -> Edges:
        """A behaviour without what is later, without what tells of a pair, and without absent nodes."""
        return each.keep(self._may_be_told(each.users, each.items, each.time))

    def relation(self, each: Relation) -> Relation:
        """The same of a relation that users made: who tags a film has seen it; who wishes for it is its maker.

        What nobody in particular made is as old as the last of the moments allows.
        """
        ends = ((each.source_type, each.source), (each.target_type, each.target))
        maker = each.by_user if each.by_user is not None else next((ids for kind, ids in ends if kind == "user"), None)
        items = [ids for kind, ids in ends if kind == "item"]
        kept = np.ones(len(each), bool)
        if maker is not None:
            kept &= ~leads_to(maker, self.absent.get("user"))
            for ids in items:
                kept &= self._may_be_told(maker, ids, each.time)
        if maker is None or not items:
            early = _early(self.moment, maker, each.time)
            kept &= True if early is None else early
        return each.keep(kept)

    def _may_be_told(self, users: IdArray, items: IdArray, time: IdArray | None) -> Mask:
        """Of what users did to items: bool [n]."""
        keys, early = users * self.num_items + items, _early(self.moment, users, time)
        kept: Mask = ~np.isin(keys, self.learned)
        kept &= ~np.isin(keys, self.hidden) if early is None else early
        return kept & ~leads_to(users, self.absent.get("user")) & ~leads_to(items, self.absent.get("item"))


def until(edges: Edges, moment: int | IdArray | None) -> Edges:
    """The edges that are not later than a moment; all where there is none, or times are not known."""
    early = _early(moment, edges.users, edges.time)
    return edges if early is None else edges.keep(early)


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
