from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pytest
from mutants import Mutant, assert_caught, assert_every_check_catches_something, changed, each, failures

from gnnrec import Filter, Interactions
from gnnrec.data.draws import interaction_hashes
from gnnrec.testing import ContractViolation, check_filters, checkerboard, toy_interactions

if TYPE_CHECKING:
    from collections.abc import Callable


class Liked(Filter):
    """What is asked for: without low ratings."""

    name: Literal["liked"] = "liked"

    at_least: float = 2.0

    def apply(self, interactions: Interactions) -> Interactions:
        return interactions.keep(interactions.edges.weight >= self.at_least)


class Drawn(Filter):
    """What is asked for: a tenth, by original ids."""

    name: Literal["drawn"] = "drawn"

    def apply(self, interactions: Interactions) -> Interactions:
        return interactions.keep(interaction_hashes(interactions, 0) < 2**64 // 10)


def giving(how: Callable[[Interactions], Any]) -> Filter:
    """The filter, and then something else."""
    return changed(Liked, apply=lambda self, interactions: how(Liked.apply(self, interactions)))


def choosing(how: Callable[[Interactions], Any], *, seen: bool = True) -> Filter:
    """Another choice."""
    return changed(Liked, apply=lambda self, interactions: interactions.keep(how(interactions), seen=seen))  # noqa: ARG005


def with_a_pair_of_its_own(got: Interactions) -> Interactions:
    edges = got.edges
    unknown = np.setdiff1d(np.arange(edges.num_users * edges.num_items), got.seen.keys)[:1]
    more = replace(edges.keep(np.arange(1)), users=unknown // edges.num_items, items=unknown % edges.num_items)
    return replace(got, edges=edges.joined(more))


def as_a_table(got: Interactions) -> Any:
    return got.to_table(got.edges)


def with_all_weights_alike(got: Interactions) -> Interactions:
    return replace(got, edges=replace(got.edges, weight=np.ones(len(got), np.float32)))


def from_a_log(got: Interactions) -> Interactions:
    return Interactions.from_log(got.to_table(got.edges), items=got.items, source=got.source)


def without_titles(got: Interactions) -> Interactions:
    return replace(got, tables={**got.tables, "item": got.items.drop(columns="title")})


def with_the_rest_of_the_views_gone(got: Interactions) -> Interactions:
    return replace(got, behaviours={name: each.keep(np.arange(9)) for name, each in got.behaviours.items()})


def forgetting_what_was_before(got: Interactions) -> Interactions:
    return replace(got, filtered=got.filtered.keep(got.filtered.users > 0))


def with_all_that_is_left_as_seen(got: Interactions) -> Interactions:
    return replace(got, filtered=got.seen)


def the_first_half(data: Interactions) -> np.ndarray:
    return np.arange(len(data)) < len(data) / 2


def some(data: Interactions) -> np.ndarray:
    return np.random.default_rng().random(len(data)) < 0.5


def nothing(data: Interactions) -> np.ndarray:
    return np.zeros(len(data), bool)


def flattening(self: Liked, interactions: Interactions) -> Interactions:
    got = Liked.apply(self, interactions)
    interactions.edges.weight[:] = 3
    return got


MUTANTS = (
    Mutant(
        "gives_some_of_the_interactions",
        giving(as_a_table),
        "a DataFrame",
        also=("leaves_what_it_keeps_as_it_was", "counts_what_it_takes_away_as_seen", "ignores_the_order_of_rows"),
    ),
    Mutant("gives_some_of_the_interactions", choosing(nothing), "none of 160 interactions"),
    Mutant(
        "gives_some_of_the_interactions",
        giving(with_a_pair_of_its_own),
        "1 of 119 interactions were not given",
        also=("leaves_what_it_keeps_as_it_was", "ignores_the_order_of_rows"),
    ),
    Mutant("leaves_what_it_keeps_as_it_was", giving(with_all_weights_alike), "edges.weight differs by up to"),
    Mutant("leaves_what_it_keeps_as_it_was", giving(without_titles), "tables.item has item, title, genres, index, and"),
    Mutant("leaves_what_it_keeps_as_it_was", giving(with_the_rest_of_the_views_gone), "behaviours.view.users is int64"),
    Mutant(
        "leaves_what_it_keeps_as_it_was",
        giving(from_a_log),
        "tables has user, item, genre, and then user, item",
        also=("counts_what_it_takes_away_as_seen",),
    ),
    Mutant(
        "counts_what_it_takes_away_as_seen",
        choosing(lambda data: data.edges.weight > 2, seen=False),
        "46 of 68 are not in it, 0 others are",
    ),
    Mutant(
        "counts_what_it_takes_away_as_seen", giving(forgetting_what_was_before), "5 of 53 are not in it, 0 others are"
    ),
    Mutant("counts_what_it_takes_away_as_seen", giving(with_all_that_is_left_as_seen), "0 of 53 are not in it, 104"),
    Mutant("ignores_the_order_of_rows", choosing(the_first_half), "80 interactions, and then 80, without 34"),
    Mutant("same_seed_same_result", choosing(some), "edges.users ", also=("ignores_the_order_of_rows",)),
    Mutant("leaves_its_input_alone", changed(Liked, apply=flattening), "edges.weight differs by up to"),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_every_check_catches_something() -> None:
    assert_every_check_catches_something("filters", MUTANTS)


@pytest.mark.parametrize("filter_", [Liked(), Liked(at_least=-1.0), Liked(at_least=5.0), Drawn()], ids=repr)
def test_filters_that_are_right_pass_whatever_they_take_away(filter_: Filter) -> None:
    assert failures(filter_) == []


def test_a_filter_is_checked_on_the_interactions_that_it_is_given() -> None:
    check_filters(Drawn(), interactions=checkerboard())
    check_filters(Liked(), interactions=replace(toy_interactions(), parts=np.zeros(len(toy_interactions()), np.int8)))
    with pytest.raises(ContractViolation, match="'>=' not supported between instances of 'NoneType' and 'float'"):
        check_filters(Liked(), interactions=checkerboard())


def test_nodes_that_are_alone_may_stay_where_nothing_is_taken_away() -> None:
    data = toy_interactions()
    users = pd.concat([data.users, pd.DataFrame({"user": [99]})], ignore_index=True)
    views = {name: replace(each, num_users=21) for name, each in data.behaviours.items()}
    alone = replace(
        data, edges=replace(data.edges, num_users=21), tables={**data.tables, "user": users}, behaviours=views
    )
    assert failures(Liked(at_least=0.0), interactions=alone) == []
    assert failures(giving_all(), interactions=alone) == []


def giving_all() -> Filter:
    return changed(Liked, apply=lambda _, interactions: interactions)
