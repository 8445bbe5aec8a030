from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from gnnrec import DataError, Interactions
from gnnrec.data.draws import interaction_hashes
from gnnrec.testing import checkerboard, toy_interactions
from gnnrec_splits.per_user_ratio import PerUserRatio


def of_counts(*counts: int) -> Interactions:
    """Users with so many interactions each, at times that rise with the item."""
    rows = [(user, item, item) for user, count in enumerate(counts) for item in range(count)]
    return Interactions.from_log(pd.DataFrame(rows, columns=["user", "item", "time"]), source="counts")


def sizes(split: Any) -> pd.DataFrame:
    table = split.to_table()
    return pd.crosstab(table["user"], table["part"])[["train", "val", "test"]]


@pytest.mark.parametrize("order", ["random", "time"])
def test_counts_are_rounded_down_for_each_user(order: str) -> None:
    split = PerUserRatio.model_validate({"order": order}).split(of_counts(30, 19, 10, 9, 5, 4, 1))
    assert sizes(split).to_numpy().tolist() == [
        [21, 3, 6],
        [15, 1, 3],
        [7, 1, 2],
        [8, 0, 1],
        [4, 0, 1],
        [4, 0, 0],
        [1, 0, 0],
    ]


def test_at_least_one_stays_train_whatever_the_shares() -> None:
    split = PerUserRatio(val=0.5, test=0.49).split(of_counts(2, 10, 100))
    assert sizes(split)["train"].tolist() == [1, 1, 1]


def test_in_time_the_latest_are_test_and_those_before_them_val() -> None:
    data = toy_interactions()
    table = data.to_table(data.edges)
    from_the_end = table.sort_values("time").groupby("user").cumcount(ascending=False).sort_index()
    count = table.groupby("user")["item"].transform("count")
    in_test, in_val = (0.3 * count).astype(int), (0.2 * count).astype(int)
    expected = np.where(from_the_end < in_test, "test", np.where(from_the_end < in_test + in_val, "val", "train"))
    split = PerUserRatio(val=0.2, test=0.3, order="time").split(data)
    assert split.to_table()["part"].tolist() == expected.tolist()
    last = table.assign(part=expected).pivot_table(index="user", columns="part", values="time", aggfunc="max")
    assert split.moments["validate"].tolist() == last["train"].tolist()
    assert split.moments["test"].tolist() == last[["train", "val"]].max(axis=1).tolist()


def test_drawn_parts_go_by_the_hashes_of_each_user_s_interactions() -> None:
    data = of_counts(10, 20)
    table = PerUserRatio(seed=6).split(data).to_table()
    table["hash"] = interaction_hashes(data, 6, "parts")
    parts = table.sort_values(["user", "hash"])["part"].tolist()
    assert parts == ["test"] * 2 + ["val"] + ["train"] * 7 + ["test"] * 4 + ["val"] * 2 + ["train"] * 14


def test_drawn_parts_have_no_moments_and_need_no_times() -> None:
    assert PerUserRatio(val=0.2).split(toy_interactions()).moments == {}
    assert (sizes(PerUserRatio(val=0.2).split(checkerboard())).to_numpy() == [6, 1, 1]).all()


def test_training_on_what_is_later_than_something_held_out_is_said(log: pytest.LogCaptureFixture) -> None:
    PerUserRatio(order="random").split(toy_interactions())
    assert log.messages == []
    PerUserRatio(order="time").split(toy_interactions())
    (message,) = log.messages
    assert message == (
        "per_user_ratio: each user has a moment of their own, so that some of train is later than what is held out of "
        "others; under split: {name: temporal} nothing is"
    )


@pytest.mark.parametrize(
    ("data", "fields", "message"),
    [
        (
            of_counts(4, 3),
            {},
            (
                "per_user_ratio leaves val and test empty: 7 interactions give 7 train, 0 val, 0 test; shares are "
                "rounded down for each user, who has 4 at the most; ask for more"
            ),
        ),
        (
            checkerboard(),
            {"order": "time"},
            "per_user_ratio needs times, and the data have none; with dataset table, name their column in timestamp",
        ),
        (
            Interactions.from_log(
                pd.DataFrame({"user": 1, "item": range(20), "time": 1_000_000_000}), source="one time"
            ),
            {"order": "time"},
            (
                "all interactions are of one time, 2001-09-09T01:46:40, so per_user_ratio would be a random split; "
                "take another column for times, or split: {name: random_link}"
            ),
        ),
    ],
)
def test_what_cannot_be_divided_is_refused(data: Interactions, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as error:
        PerUserRatio(**fields).split(data)
    assert str(error.value) == message


def test_shares_that_leave_nothing_to_train_on_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"val \+ test is 1.1; expected less than 1"):
        PerUserRatio(val=0.9)
