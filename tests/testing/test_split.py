from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from mutants import Mutant, assert_caught, assert_every_check_catches_something, changed, each, failures

from gnnrec import Edges, Interactions, Split, Splitter
from gnnrec.testing import check_split, checkerboard

if TYPE_CHECKING:
    from collections.abc import Callable


def parts(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(10, size=count).clip(7, 9).astype(np.int8) - 7


def split_by(part: np.ndarray, interactions: Interactions) -> Split:
    return Split(interactions, part.astype(np.int8), part == 0, part == 0)


class Uniform(Splitter):
    """What is asked for."""

    name: Literal["uniform"] = "uniform"

    def split(self, interactions: Interactions) -> Split:
        return split_by(parts(len(interactions), self.seed), interactions)


class Chronological(Splitter):
    """What is asked for, without anything drawn."""

    name: Literal["chronological"] = "chronological"

    def split(self, interactions: Interactions) -> Split:
        age = interactions.timestamps.argsort().argsort() / len(interactions)
        return split_by((age > 0.8).astype(int) + (age > 0.9), interactions)


def splitting(how: Callable[[Uniform, Interactions], Any]) -> Splitter:
    return changed(Uniform, split=how)


def by_the_global_state(self: Uniform, interactions: Interactions) -> Split:
    return split_by(parts(len(interactions), np.random.randint(99) + self.seed), interactions)  # noqa: NPY002


def sorting_ratings(self: Uniform, interactions: Interactions) -> Split:
    interactions.ratings.sort()
    return Uniform.split(self, interactions)


def in_another_order(self: Uniform, interactions: Interactions) -> Split:
    edges = interactions.edges
    turned = Edges(edges.users[::-1], edges.items[::-1], edges.num_users, edges.num_items)
    return Uniform.split(self, Interactions(interactions.users, interactions.items, turned))


def without_some(self: Uniform, interactions: Interactions) -> Split:
    edges = interactions.edges
    fewer = Edges(edges.users[5:], edges.items[5:], edges.num_users, edges.num_items)
    return Uniform.split(self, Interactions(interactions.users, interactions.items, fewer))


def without_validation(self: Uniform, interactions: Interactions) -> Split:
    part = parts(len(interactions), self.seed)
    return split_by(np.where(part == 1, 2, part), interactions)


def with_idle_edges(self: Uniform, interactions: Interactions) -> Split:
    split = Uniform.split(self, interactions)
    idle = np.flatnonzero(split.message)[:4]
    split.message[idle] = split.supervision[idle] = False
    return split


def without_message_edges(self: Uniform, interactions: Interactions) -> Split:
    split = Uniform.split(self, interactions)
    split.message[:] = False
    split.supervision[:] = split.part == 0
    return Split(interactions, split.part, np.zeros(len(interactions), bool), split.part == 0)


def leaking(self: Uniform, interactions: Interactions) -> Split:
    split = Uniform.split(self, interactions)
    split.message[np.flatnonzero(split.part == 2)[:3]] = True
    return split


def by_a_seed_of_its_own(self: Uniform, interactions: Interactions) -> Split:  # noqa: ARG001 - that is what is wrong
    return split_by(parts(len(interactions), 42), interactions)


MUTANTS = (
    Mutant("divides_what_it_was_given", splitting(in_another_order), "other interactions, or another order"),
    Mutant(
        "divides_what_it_was_given",
        splitting(without_some),
        " interactions of 1",
        also=("puts_each_interaction_into_one_part",),
    ),
    Mutant("puts_each_interaction_into_one_part", splitting(without_validation), "nothing in val of 1"),
    Mutant(
        "gives_each_training_interaction_a_use",
        splitting(with_idle_edges),
        "4 train interactions are neither message nor supervision",
    ),
    Mutant("gives_each_training_interaction_a_use", splitting(leaking), "3 held-out interactions are message or"),
    Mutant("gives_each_training_interaction_a_use", splitting(without_message_edges), "no message edges"),
    Mutant(
        "its_seed_rules_what_it_draws",
        splitting(by_a_seed_of_its_own),
        "5 other seeds give the same split, and yet it depends on the order of the interactions",
    ),
    Mutant("same_seed_same_result", splitting(by_the_global_state), "part differs in"),
    Mutant("leaves_its_input_alone", splitting(sorting_ratings), "ratings differs by up to"),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_every_check_catches_something() -> None:
    assert_every_check_catches_something("split", MUTANTS)


def test_splits_that_are_right_pass_whether_they_draw_or_not() -> None:
    assert failures(Uniform()) == []
    assert failures(Chronological()) == []


def test_a_split_is_checked_on_the_interactions_that_it_is_given() -> None:
    check_split(Uniform(), interactions=checkerboard())
    (violation, *_) = failures(Chronological(), interactions=checkerboard())
    assert "'NoneType' object has no attribute 'argsort'" in str(violation)
