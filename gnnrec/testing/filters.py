"""Checks of filters: some of the interactions, as they were, whatever the order in which they came."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gnnrec.data.interactions import Interactions
from gnnrec.testing.every_kind import EVERY_KIND, Job, repeatable
from gnnrec.testing.original_ids import altered, pairs_of, renumbered, strangers_among
from gnnrec.testing.rule import bound, rule
from gnnrec.testing.toy_data import toy_interactions

if TYPE_CHECKING:
    from gnnrec.contract.kinds import Filter

APPLY = "gnnrec.contract.kinds.Filter.apply"


@dataclass(frozen=True)
class FilterCase:
    """A filter and what it is applied to.

    Attributes:
        component: Its fields are checked as they are.
        interactions: With times and weights if not said otherwise.
    """

    component: Filter
    interactions: Interactions = field(default_factory=toy_interactions)

    def fresh(self) -> Interactions:
        """A copy, so that a filter that writes into it spoils no other check."""
        return copy.deepcopy(self.interactions)


def _job(case: FilterCase) -> Job:
    data = case.fresh()
    return Job(data, lambda: case.component.apply(data))


@rule(APPLY)
def gives_some_of_the_interactions(case: FilterCase) -> str | None:
    """`Interactions`, at least one, and none that was not given."""
    got: Any = case.component.apply(case.fresh())
    if not isinstance(got, Interactions):
        return f"a {type(got).__name__}"
    if not len(got):
        return f"none of {len(case.interactions)} interactions"
    return strangers_among(got, case.interactions)


@rule(APPLY)
def leaves_what_it_keeps_as_it_was(case: FilterCase) -> str | None:
    """What is left is what `interactions.keep` makes of it: times, weights, parts, tables, relations, behaviours."""
    return altered(case.component.apply(case.fresh()), case.interactions)


@rule("gnnrec.data.interactions.Interactions.keep")
def counts_what_it_takes_away_as_seen(case: FilterCase) -> str | None:
    """`filtered` holds what was taken away, now and before, between users and items that are still there."""
    data = case.fresh()
    data = data.keep(np.arange(len(data)) % 7 != 0)  # what an earlier filter may have left
    got = case.component.apply(data)
    seen, pairs = pairs_of(got, got.filtered), pairs_of(data, data.seen)
    there = pairs.isin(got.users["user"], level="user") & pairs.isin(got.items["item"], level="item")
    wanted = pairs[there & ~pairs.isin(pairs_of(got, got.edges))]
    lost, strange = (~wanted.isin(seen)).sum(), (~seen.isin(wanted)).sum()
    return f"{lost} of {len(wanted)} are not in it, {strange} others are" if lost or strange else None


@rule(APPLY)
def ignores_the_order_of_rows(case: FilterCase) -> str | None:
    """Users, items and interactions in another order: the same interactions are left, by original ids."""
    data = case.fresh()
    first, other = (case.component.apply(each) for each in (data, renumbered(data)))
    changed = (~pairs_of(first, first.edges).isin(pairs_of(other, other.edges))).sum()
    same = not changed and len(first) == len(other)
    return None if same else f"{len(first)} interactions, and then {len(other)}, without {changed} of these"


RULES = (
    *EVERY_KIND,
    gives_some_of_the_interactions,
    leaves_what_it_keeps_as_it_was,
    counts_what_it_takes_away_as_seen,
    ignores_the_order_of_rows,
    *repeatable(APPLY, _job),
)


def check_filters(component: Filter, *, interactions: Interactions | None = None) -> None:
    """Check a filter, as its fields are, on toy interactions or on given ones.

    Args:
        component: The filter.
        interactions: What it is applied to; needed where the toy lacks something that it wants.

    Raises:
        ContractViolation: It breaks a rule; the message says which, what was asked for and what was got.
    """
    given = toy_interactions() if interactions is None else interactions
    for check in bound("filters", RULES, FilterCase(component, given)):
        check()
