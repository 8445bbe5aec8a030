from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from gnnrec import DataError, Edges, Interactions
from gnnrec.data.draws import interaction_hashes
from gnnrec.testing import checkerboard, toy_interactions
from gnnrec_splits.leave_last import LeaveLast
from gnnrec_splits.parts import LONG_AGO


def histories(**times: list[int]) -> Interactions:
    """Each user's times; a user's items are numbered in this order."""
    rows = [(user, item, time) for user, each in times.items() for item, time in enumerate(each)]
    return Interactions.from_log(pd.DataFrame(rows, columns=["user", "item", "time"]), source="histories")


def by_user(split: Any) -> dict[str, list[str]]:
    table = split.to_table().sort_values(["user", "item"])
    return {str(user): list(each) for user, each in table.groupby("user")["part"]}


def test_of_each_user_the_last_is_test_and_the_one_before_val() -> None:
    split = LeaveLast().split(histories(a=[1, 2, 3, 4], b=[30, 10, 20], c=[5, 6], d=[7]))
    assert by_user(split) == {
        "a": ["train", "train", "val", "test"],
        "b": ["test", "train", "val"],
        "c": ["train", "test"],
        "d": ["train"],
    }
    assert {phase: list(moment) for phase, moment in split.moments.items()} == {
        "train": [2, 10, 5, 7],
        "validate": [2, 10, 5, 7],
        "test": [3, 20, 5, 7],
    }


@pytest.mark.parametrize(
    ("val", "test", "parts"),
    [
        (2, 3, ["train"] * 2 + ["val"] * 2 + ["test"] * 3),
        (4, 2, ["train"] + ["val"] * 4 + ["test"] * 2),
        (9, 4, ["train"] + ["val"] * 2 + ["test"] * 4),
    ],
)
def test_more_than_one_are_left_and_one_stays_train(val: int, test: int, parts: list[str]) -> None:
    split = LeaveLast(val=val, test=test).split(histories(a=list(range(7))))
    assert by_user(split) == {"a": parts}


def test_test_has_precedence_and_train_before_it() -> None:
    split = LeaveLast(val=2, test=3).split(histories(a=[1, 2, 3], b=list(range(9))))
    assert by_user(split)["a"] == ["train", "test", "test"]


@pytest.mark.parametrize(("val", "test"), [(1, 1), (2, 3)])
def test_parts_are_those_of_a_sorted_table(val: int, test: int) -> None:
    data = toy_interactions()
    table = data.to_table(data.edges)
    from_the_end = table.sort_values("time").groupby("user").cumcount(ascending=False).sort_index()
    count = table.groupby("user")["item"].transform("count")
    in_test = np.minimum(test, count - 1)
    in_val = np.minimum(val, count - 1 - in_test)
    expected = np.where(from_the_end < in_test, "test", np.where(from_the_end < in_test + in_val, "val", "train"))
    split = LeaveLast(val=val, test=test).split(data)
    assert split.to_table()["part"].tolist() == expected.tolist()
    last = table.assign(part=expected).pivot_table(index="user", columns="part", values="time", aggfunc="max")
    assert split.moments["train"].tolist() == last["train"].tolist()
    assert split.moments["test"].tolist() == last[["train", "val"]].max(axis=1).tolist()


def test_ties_in_time_go_by_hash() -> None:
    data = histories(a=[1] * 8, b=[0, *[1] * 7])
    for seed in range(5):
        table = LeaveLast(val=1, test=2, seed=seed).split(data).to_table()
        table["hash"] = interaction_hashes(data, seed, "ties")
        parts = table.sort_values(["user", "time", "hash"])["part"].tolist()
        assert parts == (["train"] * 5 + ["val"] + ["test"] * 2) * 2


def test_a_user_without_interactions_has_no_moment_that_lets_anything_be_known() -> None:
    data = histories(a=[1, 2, 3], b=[4, 5, 6])
    edges = data.edges
    more = Edges(edges.users, edges.items, 3, edges.num_items, edges.time)
    tables = {**data.tables, "user": pd.DataFrame({"user": ["a", "b", "c"]})}
    split = LeaveLast().split(Interactions(more, tables))
    assert {phase: list(moment) for phase, moment in split.moments.items()} == {
        "train": [1, 4, LONG_AGO],
        "validate": [1, 4, LONG_AGO],
        "test": [2, 5, LONG_AGO],
    }


def test_a_share_of_train_is_only_scored() -> None:
    split = LeaveLast(disjoint_train=0.5).split(toy_interactions())
    train = int((split.part == 0).sum())
    assert (split.supervision.sum(), split.message.sum()) == (train // 2, train - train // 2)
    assert not (split.supervision & split.message).any()


def test_training_on_what_is_later_than_something_held_out_is_said(log: pytest.LogCaptureFixture) -> None:
    LeaveLast().split(histories(a=[1, 2, 3], b=[2, 3, 4]))
    assert log.messages == []
    LeaveLast().split(histories(a=[1, 2, 3], b=[3, 4, 5]))
    (message,) = log.messages
    assert message == (
        "leave_last: each user has a moment of their own, so that some of train is later than what is held out of "
        "others; under split: {name: temporal} nothing is"
    )


@pytest.mark.parametrize(
    ("data", "fields", "message"),
    [
        (
            checkerboard(),
            {},
            "leave_last needs times, and the data have none; with dataset table, name their column in timestamp",
        ),
        (
            histories(a=[5, 5, 5], b=[5, 5]),
            {},
            (
                "all interactions are of one time, 1970-01-01T00:00:05, so leave_last would be a random split; "
                "take another column for times, or split: {name: random_link}"
            ),
        ),
        (
            histories(a=[1, 2], b=[3]),
            {},
            (
                "leave_last leaves val empty: 3 interactions give 2 train, 0 val, 1 test; "
                "only a user of 3 or more has one for val; ask for less, or bring more data"
            ),
        ),
        (
            histories(a=[1, 2, 3]),
            {"test": 2},
            (
                "leave_last leaves val empty: 3 interactions give 1 train, 0 val, 2 test; "
                "only a user of 4 or more has one for val; ask for less, or bring more data"
            ),
        ),
    ],
)
def test_what_cannot_be_divided_is_refused(data: Interactions, fields: dict[str, int], message: str) -> None:
    with pytest.raises(DataError) as error:
        LeaveLast(**fields).split(data)
    assert str(error.value) == message


@pytest.mark.parametrize("name", ["val", "test"])
def test_none_cannot_be_held_out(name: str) -> None:
    with pytest.raises(ValidationError, match="Input should be greater than 0"):
        LeaveLast.model_validate({name: 0})
