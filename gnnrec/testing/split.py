"""Checks of splits: complete, without overlap, ruled by their own seed."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gnnrec.data.interactions import Edges, Interactions
from gnnrec.data.split import PARTS, Split
from gnnrec.testing.every_kind import EVERY_KIND, Job, repeatable
from gnnrec.testing.rule import bound, rule
from gnnrec.testing.toy_data import toy_interactions

if TYPE_CHECKING:
    from gnnrec.contract.kinds import Splitter

SPLIT = "gnnrec.contract.kinds.Splitter.split"
SEED = "gnnrec.contract.kinds.Splitter.seed"

OTHER_SEEDS = 5
"""How many other seeds are tried before a split is taken for one that draws nothing."""


@dataclass(frozen=True)
class SplitCase:
    """A splitter and what it divides.

    Attributes:
        component: Its fields are checked as they are.
        interactions: With timestamps and ratings if not said otherwise.
    """

    component: Splitter
    interactions: Interactions = field(default_factory=toy_interactions)

    def fresh(self) -> Interactions:
        """A copy, so that a splitter that writes into it spoils no other check."""
        return copy.deepcopy(self.interactions)


def _job(case: SplitCase) -> Job:
    data = case.fresh()

    def result() -> Any:
        split = case.component.split(data)
        return {"part": split.part, "message": split.message, "supervision": split.supervision}

    return Job(data, result)


@rule(SPLIT)
def divides_what_it_was_given(case: SplitCase) -> str | None:
    """A `Split` of the same interactions, in the same order: none is left out, none stands twice."""
    split = case.component.split(case.fresh())
    if not isinstance(split, Split):
        return f"a {type(split).__name__}"
    given, got = case.interactions.edges, split.interactions.edges
    if len(got) != len(given):
        return f"{len(got)} interactions of {len(given)}"
    same = np.array_equal(got.users, given.users) and np.array_equal(got.items, given.items)
    return None if same else "other interactions, or another order"


@rule(SPLIT)
def puts_each_interaction_into_one_part(case: SplitCase) -> str | None:
    """Each interaction is train, val or test, int8 [E]; each part gets some."""
    part = case.component.split(case.fresh()).part
    if part.dtype != np.int8 or part.shape != (len(case.interactions),):
        return f"part is {part.dtype} {list(part.shape)}, not int8 [{len(case.interactions)}]"
    strange = sorted(set(part.tolist()) - set(range(len(PARTS))))
    if strange:
        return f"part holds {strange}, which name no part of {list(PARTS)}"
    empty = [name for position, name in enumerate(PARTS) if not (part == position).any()]
    return f"nothing in {' and '.join(empty)} of {len(part)} interactions" if empty else None


@rule(SPLIT)
def gives_each_training_interaction_a_use(case: SplitCase) -> str | None:
    """Each train interaction is message, supervision or both; no held-out one is either."""
    split = case.component.split(case.fresh())
    train, used = split.part == PARTS.index("train"), split.message | split.supervision
    idle, leaked = int((train & ~used).sum()), int((~train & used).sum())
    if idle:
        return f"{idle} train interactions are neither message nor supervision"
    if leaked:
        return f"{leaked} held-out interactions are message or supervision"
    empty = [name for name in ("message", "supervision") if not getattr(split, name).any()]
    return f"no {' and no '.join(empty)} edges" if empty else None


@rule(SEED)
def its_seed_rules_what_it_draws(case: SplitCase) -> str | None:
    """Another `seed` gives another split, unless nothing is drawn.

    Where no other seed changes the split, it has to follow from the interactions alone: their order must not matter.
    """
    first = case.component.split(case.fresh())
    for other in range(1, OTHER_SEEDS + 1):
        fields = case.component.model_dump() | {"seed": case.component.seed + other}
        changed = type(case.component).model_validate(fields).split(case.fresh())
        if not np.array_equal(first.part, changed.part) or not np.array_equal(first.supervision, changed.supervision):
            return None
    order = np.random.default_rng(0).permutation(len(case.interactions))
    shuffled = case.component.split(_in_order(case.fresh(), order))
    if np.array_equal(shuffled.part, first.part[order]):
        return None
    return f"{OTHER_SEEDS} other seeds give the same split, and yet it depends on the order of the interactions"


def _in_order(data: Interactions, order: np.ndarray) -> Interactions:
    edges = Edges(data.edges.users[order], data.edges.items[order], data.edges.num_users, data.edges.num_items)
    timestamps, ratings = (None if each is None else each[order] for each in (data.timestamps, data.ratings))
    return Interactions(data.users, data.items, edges, timestamps, ratings, data.source, data.chosen)


RULES = (
    *EVERY_KIND,
    divides_what_it_was_given,
    puts_each_interaction_into_one_part,
    gives_each_training_interaction_a_use,
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
