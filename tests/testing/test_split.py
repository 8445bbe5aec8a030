from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pytest
from mutants import Mutant, assert_caught, assert_every_check_catches_something, changed, each, failures

from gnnrec import DataError, Interactions, Split, Splitter
from gnnrec.data.draws import interaction_hashes, node_hashes
from gnnrec.testing import check_split, checkerboard, toy_interactions

if TYPE_CHECKING:
    from collections.abc import Callable


def parts(hashes: np.ndarray) -> np.ndarray:
    return (hashes % 10).clip(7, 9).astype(np.int8) - 7


def split_by(part: np.ndarray, interactions: Interactions, **more: Any) -> Split:
    return Split(interactions, part.astype(np.int8), part == 0, part == 0, **more)


class Uniform(Splitter):
    """What is asked for."""

    name: Literal["uniform"] = "uniform"

    def split(self, interactions: Interactions) -> Split:
        return split_by(parts(interaction_hashes(interactions, self.seed)), interactions)


class Chronological(Splitter):
    """What is asked for, without anything drawn; and nothing of the last few."""

    name: Literal["chronological"] = "chronological"

    def split(self, interactions: Interactions) -> Split:
        if interactions.edges.time is None:
            raise DataError("chronological needs times")
        known = interactions.keep(age(interactions) < 0.95, seen=False)
        part = (age(known) > 0.8).astype(int) + (age(known) > 0.9)
        last = [int(known.edges.time[part <= latest].max()) for latest in (0, 0, 1)]
        return split_by(part, known, moments=dict(zip(("train", "validate", "test"), last, strict=True)))


class LastOfEach(Splitter):
    """What is asked for, with a moment for each user."""

    name: Literal["last_of_each"] = "last_of_each"

    def split(self, interactions: Interactions) -> Split:
        edges = interactions.edges
        place = pd.Series(edges.time).groupby(edges.users).rank(ascending=False).to_numpy()  # the last is 1
        part = 3 - place.clip(1, 3)
        moments = {}
        for phase, latest in (("train", 0), ("validate", 0), ("test", 1)):
            moments[phase] = np.zeros(edges.num_users, np.int64)
            known = part <= latest
            np.maximum.at(moments[phase], edges.users[known], edges.time[known])
        return split_by(part, interactions, moments=moments)


class ColdItems(Splitter):
    """What is asked for, of items that are not there in training."""

    name: Literal["cold_items"] = "cold_items"

    def split(self, interactions: Interactions) -> Split:
        drawn = parts(node_hashes(interactions.items["item"], self.seed))
        part = drawn[interactions.edges.items]
        shown = (part > 0) & (interaction_hashes(interactions, self.seed) % 2 == 0)
        return split_by(np.where(shown, 3, part), interactions, absent={"item": drawn > 0})


class LooksUp(Splitter):
    """What is asked for, by pairs of original ids that it knows."""

    name: Literal["looks_up"] = "looks_up"

    def split(self, interactions: Interactions) -> Split:
        known = toy_interactions()
        table = known.to_table(known.edges)[["user", "item"]].assign(part=parts(interaction_hashes(known, 42)))
        found = interactions.to_table(interactions.edges).merge(table, how="left", on=["user", "item"])["part"]
        if found.isna().any():
            raise DataError(f"{found.isna().sum()} interactions are in no part")
        return split_by(found.to_numpy(), interactions)


def user_ids(data: Interactions) -> np.ndarray:
    """The original id of each interaction's user."""
    return data.users["user"].to_numpy()[data.edges.users]


def age(data: Interactions) -> np.ndarray:
    """From 0 to 1."""
    return data.edges.time.argsort().argsort() / len(data)


def splitting(how: Callable[[Uniform, Interactions], Any]) -> Splitter:
    return changed(Uniform, split=how)


def by_the_global_state(self: Uniform, interactions: Interactions) -> Split:
    return split_by(parts(interaction_hashes(interactions, np.random.randint(2**31) + self.seed)), interactions)  # noqa: NPY002


def sorting_weights(self: Uniform, interactions: Interactions) -> Split:
    split = Uniform.split(self, copy.deepcopy(interactions))
    interactions.edges.weight.sort()
    return split


def as_a_table(self: Uniform, interactions: Interactions) -> Any:
    return Uniform.split(self, interactions).to_table()


def of_edges_alone(self: Uniform, interactions: Interactions) -> Split:
    tables = {"user": interactions.users, "item": interactions.items}
    return Uniform.split(self, Interactions(interactions.edges, tables))


def of_its_own(self: Uniform, interactions: Interactions) -> Split:  # noqa: ARG001 - that is what is wrong
    return Uniform.split(self, checkerboard())


def with_wide_parts(self: Uniform, interactions: Interactions) -> Split:
    split = Uniform.split(self, interactions)
    object.__setattr__(split, "part", split.part.astype(np.int64))
    return split


def with_a_fifth_part(self: Uniform, interactions: Interactions) -> Split:
    split = Uniform.split(self, interactions)
    split.part[split.part == 2] = 4
    return split


def without_validation(self: Uniform, interactions: Interactions) -> Split:
    part = parts(interaction_hashes(interactions, self.seed))
    return split_by(np.where(part == 1, 2, part), interactions)


def with_idle_edges(self: Uniform, interactions: Interactions) -> Split:
    split = Uniform.split(self, interactions)
    idle = (split.part == 0) & (user_ids(interactions) == 3)
    split.message[idle] = split.supervision[idle] = False
    return split


def without_message_edges(self: Uniform, interactions: Interactions) -> Split:
    split = Uniform.split(self, interactions)
    return replace(split, message=np.zeros(len(interactions), bool))


def leaking(self: Uniform, interactions: Interactions) -> Split:
    split = Uniform.split(self, interactions)
    split.message[split.part == 2] = True
    return split


def with_everybody_away(self: Uniform, interactions: Interactions) -> Split:
    absent = np.zeros(interactions.edges.num_users, bool)
    split = replace(Uniform.split(self, interactions), absent={"user": absent})
    absent[:] = True
    return split


def showing_some(self: Uniform, interactions: Interactions) -> Split:
    part = parts(interaction_hashes(interactions, self.seed))
    return split_by(np.where((part == 2) & (user_ids(interactions) % 2 == 0), 3, part), interactions)


def with_moments(phase: str, moment: Callable[[Interactions], Any]) -> Splitter:
    """The split by time, and one moment that is wrong."""

    def split(self: Chronological, interactions: Interactions) -> Split:
        right = Chronological.split(self, interactions)
        return replace(right, moments={**right.moments, phase: moment(right.interactions)})

    return changed(Chronological, split=split)


def the_first_time(data: Interactions) -> int:
    return int(data.edges.time.min())


def the_last_times(data: Interactions) -> np.ndarray:
    return np.full(data.edges.num_users, data.edges.time.max())


def of_interactions_without_times(self: Chronological, interactions: Interactions) -> Split:
    return replace(Uniform(seed=self.seed).split(interactions), moments={"train": 3})


def by_rows(self: Uniform, interactions: Interactions) -> Split:
    drawn = np.random.default_rng(self.seed).integers(10, size=len(interactions))
    return split_by(parts(drawn), interactions)


def with_the_first_user_away(self: Uniform, interactions: Interactions) -> Split:
    part = parts(interaction_hashes(interactions, self.seed))
    first = interactions.edges.users == 0
    absent = np.arange(interactions.edges.num_users) == 0
    return split_by(np.where(first & (part == 0), 3, part), interactions, absent={"user": absent})


def by_a_seed_of_its_own(self: Uniform, interactions: Interactions) -> Split:  # noqa: ARG001 - that is what is wrong
    return split_by(parts(interaction_hashes(interactions, 42)), interactions)


MUTANTS = (
    Mutant(
        "divides_what_it_was_given",
        splitting(as_a_table),
        "a DataFrame",
        also=(
            "puts_each_interaction_into_one_part",
            "gives_each_training_interaction_a_use",
            "trains_on_no_absent_node",
            "keeps_to_its_moments",
            "ignores_the_order_of_rows",
            "same_seed_same_result",
            "leaves_its_input_alone",
        ),
    ),
    Mutant("divides_what_it_was_given", splitting(of_its_own), "53 of 96 interactions were not given"),
    Mutant("divides_what_it_was_given", splitting(of_edges_alone), "tables has user, item, genre, and then user, item"),
    Mutant("puts_each_interaction_into_one_part", splitting(with_wide_parts), "part is int64 [160], not int8 [160]"),
    Mutant(
        "puts_each_interaction_into_one_part",
        splitting(with_a_fifth_part),
        "part holds [4], which name no part of ['train', 'val', 'test', 'shown']",
        also=("ignores_the_order_of_rows", "same_seed_same_result", "leaves_its_input_alone"),
    ),
    Mutant("puts_each_interaction_into_one_part", splitting(without_validation), "nothing in val of 160 interactions"),
    Mutant(
        "gives_each_training_interaction_a_use",
        splitting(with_idle_edges),
        "8 train interactions are neither message nor supervision",
    ),
    Mutant("gives_each_training_interaction_a_use", splitting(leaking), "18 held-out interactions are message or"),
    Mutant("gives_each_training_interaction_a_use", splitting(without_message_edges), "no message edges"),
    Mutant("trains_on_no_absent_node", splitting(with_everybody_away), "131 train interactions are of absent users or"),
    Mutant(
        "trains_on_no_absent_node",
        splitting(showing_some),
        "10 interactions are shown whose user and item are both there in training",
    ),
    Mutant(
        "keeps_to_its_moments", with_moments("test", the_first_time), "136 interactions that test may know are later"
    ),
    Mutant(
        "keeps_to_its_moments",
        with_moments("train", the_last_times),
        "29 interactions that are held out from train are earlier",
    ),
    Mutant(
        "keeps_to_its_moments",
        changed(Chronological, split=of_interactions_without_times),
        "moments of train, and no interaction has a time",
        options={"interactions": checkerboard()},
    ),
    Mutant("ignores_the_order_of_rows", splitting(by_rows), "interactions.part."),
    Mutant("ignores_the_order_of_rows", splitting(with_the_first_user_away), "interactions.part."),
    Mutant(
        "its_seed_rules_what_it_draws",
        splitting(by_a_seed_of_its_own),
        "10 other seeds give the same split, and yet other ids give another",
    ),
    Mutant(
        "same_seed_same_result",
        splitting(by_the_global_state),
        "interactions.part.",
        also=("ignores_the_order_of_rows",),
    ),
    Mutant("leaves_its_input_alone", splitting(sorting_weights), "edges.weight differs by up to"),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_every_check_catches_something() -> None:
    assert_every_check_catches_something("split", MUTANTS)


@pytest.mark.parametrize("split", [Uniform(), Chronological(), LastOfEach(), ColdItems(), LooksUp()], ids=repr)
def test_splits_that_are_right_pass_whether_they_draw_or_not(split: Splitter) -> None:
    assert failures(split) == []


def test_a_split_is_checked_on_the_interactions_that_it_is_given() -> None:
    check_split(Uniform(), interactions=checkerboard())
    (violation, *_) = failures(Chronological(), interactions=checkerboard())
    assert "DataError: chronological needs times" in str(violation)
