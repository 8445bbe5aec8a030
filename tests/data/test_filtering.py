from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from logs import loaded, told

from gnnrec import ContractError, DataError, Interactions
from gnnrec.data.filtering import apply_filters

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Lambda:
    """A filter of which nothing but its answer is known."""

    answer: Callable[[Interactions], Any]
    name: str = "mine"

    def apply(self, interactions: Interactions) -> Any:
        return self.answer(interactions)


def later_than(time: int, name: str) -> Lambda:
    def apply(data: Interactions) -> Interactions:
        assert data.edges.time is not None
        return data.keep(data.edges.time > time)

    return Lambda(apply, name)


def timed(**more: list[float]) -> Interactions:
    return loaded(pd.DataFrame({"user": [1, 1, 2, 3], "item": [7, 8, 7, 9], "time": [0, 10, 20, 30], **more}))


def test_filters_are_applied_in_order_and_each_says_what_it_took_away(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "gnnrec"):
        data = apply_filters(timed(), [later_than(5, "first"), later_than(15, "second"), later_than(0, "third")])
    assert told(data) == [(2, 7, 20), (3, 9, 30)]
    assert caplog.messages == [
        "filter first took away 1 of 4 interactions, 0 users and 0 items",
        "filter second took away 1 of 3 interactions, 1 users and 1 items",
        "filter third took away 0 of 2 interactions, 0 users and 0 items",
    ]


def test_what_any_filter_took_away_counts_as_seen_between_those_that_stay() -> None:
    log = pd.DataFrame({"user": [1, 1, 1, 2, 2], "item": [7, 8, 9, 8, 9], "time": [0, 10, 20, 30, 40]})
    data = apply_filters(loaded(log), [later_than(5, "first"), later_than(15, "second")])
    assert told(data) == [(1, 9, 20), (2, 8, 30), (2, 9, 40)]
    assert data.filtered is not None
    assert data.to_table(data.filtered).to_dict("list") == {"user": [1], "item": [8], "time": [10]}
    assert sorted(data.seen.keys.tolist()) == [0, 1, 2, 3]


def test_no_filter_changes_nothing() -> None:
    data = timed()
    assert apply_filters(data, []) is data


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (
            lambda data: data.keep(np.zeros(4, bool)),
            DataError,
            "filter mine leaves none of the 4 interactions; ask for less",
        ),
        (lambda _: None, ContractError, "filter 'mine' gives interactions; got NoneType"),
        (lambda data: data.edges, ContractError, "filter 'mine' gives interactions; got Edges"),
        (
            lambda data: loaded(pd.DataFrame({"user": range(1000 * len(data)), "item": 1})),
            ContractError,
            "filter 'mine' made 4,000 interactions of 4; it takes away",
        ),
    ],
)
def test_a_filter_that_leaves_nothing_or_gives_something_else_is_told(
    answer: Callable[[Interactions], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        apply_filters(timed(), [Lambda(answer)])
    assert str(raised.value) == message


def test_a_weight_that_is_left_is_more_than_0() -> None:
    weights = [-0.5, 5.0, 0.0, 1.0]
    told_of_weights = (
        "interactions have a weight that is not more than 0; the first is {}. Filter them out "
        "(filters: [{{name: min_rating, at_least: …}}]), or leave the column out of the dataset"
    )
    with pytest.raises(DataError) as error:
        apply_filters(timed(weight=weights), [])
    assert str(error.value) == f"toy: 2 {told_of_weights.format('-0.5, of user 1 and item 7')}"
    with pytest.raises(DataError) as error:
        apply_filters(timed(weight=weights), [later_than(0, "first")])
    assert str(error.value) == f"toy: 1 {told_of_weights.format('0, of user 2 and item 7')}"
    assert len(apply_filters(timed(weight=weights), [later_than(20, "last")])) == 1
