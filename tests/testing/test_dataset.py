from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pytest
from mutants import Mutant, assert_caught, assert_every_check_catches_something, changed, each, failures

from gnnrec import Availability, Dataset, Interactions
from gnnrec.testing import ContractViolation, check_dataset, toy_interactions

if TYPE_CHECKING:
    from collections.abc import Callable


class Toy(Dataset):
    """What is asked for."""

    name: Literal["toy"] = "toy"
    variant: str = "small"

    def load(self) -> Interactions:
        return replace(toy_interactions(), chosen={"variant": "small"})

    def available(self) -> tuple[Availability, ...]:
        return (Availability("small", "/here"), Availability("large", None))


class FarAway(Toy):
    """Would have to be downloaded."""

    def load(self) -> Interactions:
        raise AssertionError("there is no network in tests")


def loading(how: Callable[[Interactions], Any]) -> Dataset:
    def load(self: Any) -> Any:
        return how(Toy.load(self))

    return changed(Toy, load=load)


def listing(what: Any) -> Dataset:
    return changed(Toy, available=lambda self: what)  # noqa: ARG005


def reading_by(what: Any) -> Dataset:
    return changed(Toy, reading=classmethod(lambda cls, tables: what))  # noqa: ARG005


def as_a_table(data: Interactions) -> Any:
    return replace(data, chosen={}).users


def with_float_ids(data: Interactions) -> Interactions:
    return replace(data, tables={**data.tables, "user": data.users.assign(user=data.users["user"] + 0.5)})


def with_strange_rows(data: Interactions) -> Interactions:
    return replace(data, tables={**data.tables, "item": data.items.set_index(data.items.index + 1)})


def with_missing_ids(data: Interactions) -> Interactions:
    return replace(data, tables={**data.tables, "genre": pd.DataFrame({"genre": [None, "Drama", "Horror"]})})


def with_float_times(data: Interactions) -> Interactions:
    object.__setattr__(data.edges, "time", data.edges.time.astype(float))
    return data


def with_missing_weights(data: Interactions) -> Interactions:
    data.edges.weight[:2] = np.nan
    return data


def with_narrow_times_of_views(data: Interactions) -> Interactions:
    object.__setattr__(data.behaviours["view"], "time", data.behaviours["view"].time.astype(np.int32))
    return data


def with_a_choice_of_nothing(data: Interactions) -> Interactions:
    return replace(data, chosen={"version": 3})


def drawn(data: Interactions) -> Interactions:
    order = np.random.default_rng().permutation(len(data))
    return replace(data, edges=replace(data.edges, weight=data.edges.weight[order]))


MUTANTS = (
    Mutant(
        "tells_what_is_at_hand",
        listing([Availability("small", "/here")]),
        "[Availability(variant='small', place='/here', fault",
    ),
    Mutant("reads_tables_by_its_own_fields", reading_by({"file": "x"}), "{'file': 'x'}"),
    Mutant("reads_tables_by_its_own_fields", reading_by("x"), "'x'"),
    Mutant(
        "gives_interactions",
        loading(as_a_table),
        "a DataFrame",
        also=("keeps_original_ids", "types_times_and_weights", "chooses_among_its_own_fields"),
    ),
    Mutant("keeps_original_ids", loading(with_float_ids), "user ids such as 1.5 (float64), 0 of them twice, 0 missing"),
    Mutant("keeps_original_ids", loading(with_missing_ids), "0 of them twice, 1 missing"),
    Mutant("keeps_original_ids", loading(with_strange_rows), "the rows of the table of items are numbered [1, 2, 3]"),
    Mutant("types_times_and_weights", loading(with_float_times), "time of edges is float64 [160]"),
    Mutant("types_times_and_weights", loading(with_narrow_times_of_views), "time of view is int32 [160]"),
    Mutant("types_times_and_weights", loading(with_missing_weights), "2 of 160 in weight of edges are not finite"),
    Mutant(
        "chooses_among_its_own_fields",
        loading(with_a_choice_of_nothing),
        "chosen = {'version': 3}, which the component refuses: Extra inputs are not permitted",
    ),
    Mutant("same_seed_same_result", loading(drawn), "weight differs by up to"),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_every_check_catches_something() -> None:
    assert_every_check_catches_something("dataset", MUTANTS)


def test_a_data_set_that_is_right_passes() -> None:
    assert failures(Toy()) == []


def test_nothing_is_loaded_that_is_not_at_hand_unless_asked_for() -> None:
    check_dataset(FarAway(variant="large"))
    check_dataset(FarAway(), load=False)
    with pytest.raises(ContractViolation, match="there is no network in tests"):
        check_dataset(FarAway())
    with pytest.raises(ContractViolation, match="there is no network in tests"):
        check_dataset(FarAway(variant="large"), load=True)
