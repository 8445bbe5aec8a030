"""Checks of splits: complete, without overlap, ruled by their own seed, and never by the order of rows."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gnnrec.contract.kinds import NODE_TYPES
from gnnrec.data.parts import PARTS, SHOWN, TEST, TRAIN, VAL
from gnnrec.data.split import KNOWN, Split
from gnnrec.errors import GnnrecError
from gnnrec.testing.comparing import difference
from gnnrec.testing.every_kind import EVERY_KIND, Job, repeatable
from gnnrec.testing.original_ids import altered, renumbered, strangers_among
from gnnrec.testing.rule import bound, rule
from gnnrec.testing.toy_data import toy_interactions

if TYPE_CHECKING:
    from gnnrec.contract.kinds import Splitter
    from gnnrec.data.interactions import Interactions

SPLIT = "gnnrec.contract.kinds.Splitter.split"
SEED = "gnnrec.contract.kinds.Splitter.seed"
HELD = "gnnrec.data.split.Split"

OTHER_SEEDS = 10
"""How many other seeds are tried before a split is taken for one that draws nothing."""


@dataclass(frozen=True)
class SplitCase:
    """A splitter and what it divides.

    Attributes:
        component: Its fields are checked as they are.
        interactions: With times and weights if not said otherwise.
    """

    component: Splitter
    interactions: Interactions = field(default_factory=toy_interactions)

    def fresh(self) -> Interactions:
        """A copy, so that a splitter that writes into it spoils no other check."""
        return copy.deepcopy(self.interactions)


def _job(case: SplitCase) -> Job:
    data = case.fresh()
    return Job(data, lambda: _by_original_ids(case.component.split(data)))


@rule(SPLIT)
def divides_what_it_was_given(case: SplitCase) -> str | None:
    """A `Split` of the given interactions, or of some of them as `keep` gives them; all else that is known is there."""
    split = case.component.split(case.fresh())
    if not isinstance(split, Split):
        return f"a {type(split).__name__}"
    got, given = split.interactions, case.interactions
    return strangers_among(got, given) or altered(got, given)


@rule(SPLIT)
def puts_each_interaction_into_one_part(case: SplitCase) -> str | None:
    """Each interaction is train, val, test or shown, int8 [E]; each of train, val and test gets some."""
    split = case.component.split(case.fresh())
    part, count = split.part, len(split.interactions)
    if part.dtype != np.int8 or part.shape != (count,):
        return f"part is {part.dtype} {list(part.shape)}, not int8 [{count}]"
    strange = sorted(set(part.tolist()) - set(range(len(PARTS))))
    if strange:
        return f"part holds {strange}, which name no part of {list(PARTS)}"
    empty = [PARTS[position] for position in (TRAIN, VAL, TEST) if not (part == position).any()]
    return f"nothing in {' and '.join(empty)} of {count} interactions" if empty else None


@rule(SPLIT)
def gives_each_training_interaction_a_use(case: SplitCase) -> str | None:
    """Each train interaction is message, supervision or both; no held-out one is either."""
    split = case.component.split(case.fresh())
    train, used = split.part == TRAIN, split.message | split.supervision
    idle, leaked = int((train & ~used).sum()), int((~train & used).sum())
    if idle:
        return f"{idle} train interactions are neither message nor supervision"
    if leaked:
        return f"{leaked} held-out interactions are message or supervision"
    empty = [name for name in ("message", "supervision") if not getattr(split, name).any()]
    return f"no {' and no '.join(empty)} edges" if empty else None


@rule(HELD)
def trains_on_no_absent_node(case: SplitCase) -> str | None:
    """Users and items in `absent` have no training interaction, and all that is shown is of one of them."""
    split = case.component.split(case.fresh())
    edges = split.interactions.edges
    ends = {"user": edges.users, "item": edges.items}
    of_absent = np.zeros(len(edges), bool)
    for node_type, absent in split.absent.items():
        of_absent |= absent[ends[node_type]]
    trained, shown = int((of_absent & (split.part == TRAIN)).sum()), int((~of_absent & (split.part == SHOWN)).sum())
    if trained:
        return f"{trained} train interactions are of absent users or items"
    return f"{shown} interactions are shown whose user and item are both there in training" if shown else None


@rule(HELD)
def keeps_to_its_moments(case: SplitCase) -> str | None:
    """What a phase may know is no later than its moment, if it has one, and what is held out from it is no earlier."""
    split = case.component.split(case.fresh())
    edges = split.interactions.edges
    time = edges.time
    if time is None:
        return f"moments of {', '.join(split.moments)}, and no interaction has a time" if split.moments else None
    for phase, moment in split.moments.items():
        limit = moment if isinstance(moment, int) else moment[edges.users]
        of_parts = np.isin(split.part, [PARTS.index(part) for part in KNOWN[phase]])
        known = split.message if phase == "train" else of_parts
        held_out = np.isin(split.part, (VAL, TEST)) & ~known
        late, early = int((known & (time > limit)).sum()), int((held_out & (time < limit)).sum())
        if late:
            return f"{late} interactions that {phase} may know are later than its moment"
        if early:
            return f"{early} interactions that are held out from {phase} are earlier than its moment"
    return None


@rule(SPLIT)
def ignores_the_order_of_rows(case: SplitCase) -> str | None:
    """Users, items and interactions in another order: the same split, by original ids."""
    data = case.fresh()
    first, other = (_by_original_ids(case.component.split(each)) for each in (data, renumbered(data)))
    return difference(first, other)


@rule(SEED)
def its_seed_rules_what_it_draws(case: SplitCase) -> str | None:
    """Another `seed` gives another split, unless nothing is drawn.

    Where no other seed changes the split, and what users and items are called does change it, something is drawn by
    their ids. A splitter that cannot do with other ids looks them up.
    """
    first = case.component.split(case.fresh())
    for other in range(1, OTHER_SEEDS + 1):
        fields = case.component.model_dump() | {"seed": case.component.seed + other}
        if not _alike(first, type(case.component).model_validate(fields).split(case.fresh())):
            return None
    try:
        same = _alike(first, case.component.split(_renamed(case.fresh())))
    except GnnrecError:
        return None
    return None if same else f"{OTHER_SEEDS} other seeds give the same split, and yet other ids give another"


def _alike(first: Split, second: Split) -> bool:
    return np.array_equal(first.part, second.part) and np.array_equal(first.supervision, second.supervision)


def _renamed(data: Interactions) -> Interactions:
    """The same interactions of users and items that have each other's original ids."""
    swapped = {
        kind: data.tables[kind].assign(**{kind: data.tables[kind][kind].to_numpy()[::-1]}) for kind in NODE_TYPES
    }
    return replace(data, tables={**data.tables, **swapped})


def _by_original_ids(split: Split) -> dict[str, Any]:
    """All that a split says, in the order of original ids."""
    data = split.interactions
    ids = {kind: data.tables[kind][kind] for kind in NODE_TYPES}
    users = ids["user"].argsort().to_numpy()
    return {
        "interactions": split.to_table().sort_values([*NODE_TYPES], ignore_index=True),
        "absent": {
            kind: ids[kind][split.absent[kind]].sort_values().to_numpy() for kind in NODE_TYPES if kind in split.absent
        },
        "moments": {
            phase: moment if isinstance(moment, int) else moment[users] for phase, moment in split.moments.items()
        },
    }


RULES = (
    *EVERY_KIND,
    divides_what_it_was_given,
    puts_each_interaction_into_one_part,
    gives_each_training_interaction_a_use,
    trains_on_no_absent_node,
    keeps_to_its_moments,
    ignores_the_order_of_rows,
    its_seed_rules_what_it_draws,
    *repeatable(SPLIT, _job),
)


def check_split(component: Splitter, *, interactions: Interactions | None = None) -> None:
    """Check a splitter, as its fields are, on toy interactions or on given ones.

    Args:
        component: The splitter.
        interactions: What it divides; needed where the toy lacks something that it wants.

    Raises:
        ContractViolation: It breaks a rule; the message says which, what was asked for and what was got.
    """
    given = toy_interactions() if interactions is None else interactions
    for check in bound("split", RULES, SplitCase(component, given)):
        check()
