from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from gnnrec import DataError, Interactions
from gnnrec.data.dates import seconds_of
from gnnrec.data.draws import interaction_hashes
from gnnrec.testing import check_split, checkerboard, toy_interactions
from gnnrec_splits.temporal import Temporal

DAY = 86_400


def of_times(*times: int) -> Interactions:
    """Two users in turn, an item to each time: the i-th interaction is of user i % 2 with item i."""
    count = len(times)
    log = pd.DataFrame({"user": [i % 2 for i in range(count)], "item": range(count), "time": times})
    return Interactions.from_log(log, source="times")


def by_item(split: Any) -> list[str]:
    """The part of each item's only interaction."""
    return list(split.to_table().sort_values("item")["part"])


def test_the_latest_are_test_and_those_before_them_val() -> None:
    split = Temporal(val=0.2, test=0.3).split(of_times(9, 8, 7, 6, 5, 4, 3, 2, 1, 0))
    assert by_item(split) == ["test"] * 3 + ["val"] * 2 + ["train"] * 5
    assert split.moments == {"train": 4, "validate": 4, "test": 6}
    assert np.array_equal(split.message, split.supervision)


def test_parts_are_those_of_a_sorted_table() -> None:
    data = toy_interactions()
    table = data.to_table(data.edges).sort_values("time")
    num_val, num_test = int(0.15 * len(table)), int(0.25 * len(table))
    names = ["train"] * (len(table) - num_val - num_test) + ["val"] * num_val + ["test"] * num_test
    expected = table.assign(part=names).sort_index()
    split = Temporal(val=0.15, test=0.25).split(data)
    assert split.to_table()["part"].tolist() == expected["part"].tolist()
    last = expected.groupby("part")["time"].max()
    assert split.moments == {"train": last["train"], "validate": last["train"], "test": last["val"]}


def test_ties_in_time_go_by_hash() -> None:
    data = of_times(*[0] * 20, *[1] * 20)
    table = Temporal(val=0.1, test=0.1, seed=4).split(data).to_table()
    table["hash"] = interaction_hashes(data, 4, "ties")
    parts = table.sort_values(["time", "hash"])["part"].tolist()
    assert parts == ["train"] * 32 + ["val"] * 4 + ["test"] * 4
    other = Temporal(val=0.1, test=0.1, seed=5).split(data).to_table()
    assert other["part"].tolist() != table["part"].tolist()
    assert set(other.loc[other["time"] == 0, "part"]) == {"train"}


def test_the_latest_share_of_train_is_only_scored() -> None:
    split = Temporal(val=0.1, test=0.1, disjoint_train=0.25).split(of_times(*range(10)))
    table = split.to_table().sort_values("time")
    assert table["supervision"].tolist() == [False] * 6 + [True] * 2 + [False] * 2
    assert table["message"].tolist() == [True] * 6 + [False] * 4


@pytest.mark.parametrize(
    ("window", "parts", "moments"),
    [
        (0, ["train"] * 6 + ["val"] * 2 + ["test"] * 4, (5, 7)),
        (1, ["train"] * 10 + ["val"] * 2 + ["test"] * 4, (9, 11)),
        (2, ["train"] * 14 + ["val"] * 2 + ["test"] * 4, (13, 15)),
    ],
)
def test_windows_roll_to_the_end_of_the_data(window: int, parts: list[str], moments: tuple[int, int]) -> None:
    data = of_times(*range(20))
    split = Temporal(val=0.1, test=0.2, windows=3, window=window).split(data)
    assert by_item(split) == parts
    assert split.moments == {"train": moments[0], "validate": moments[0], "test": moments[1]}
    # What comes later is not there at all: neither as nodes, nor as something that is seen.
    assert split.interactions.items["item"].tolist() == list(range(len(parts)))
    assert split.interactions.filtered is None


def test_a_window_s_test_parts_follow_one_another() -> None:
    data = toy_interactions()
    tables = [Temporal(windows=4, window=window).split(data).to_table() for window in range(4)]
    tested = pd.concat([table[table["part"] == "test"].sort_values("time") for table in tables])
    in_time = data.to_table(data.edges).sort_values("time")
    assert tested["time"].tolist() == in_time["time"].tolist()[-4 * int(0.1 * len(in_time)) :]


@pytest.mark.parametrize(
    ("val_from", "test_from"),
    [
        ("2020-01-04", "2020-01-06"),
        ("2020-01-04T00:00:00", "2020-01-06T00:00:00Z"),
        ("2020-01-03T00:00:00.5", "2020-01-06T02:00:00+02:00"),
        ("2020-01-03T19:00:00-05:00", "2020-01-05 12:00"),
    ],
)
def test_dates_take_the_place_of_shares(val_from: str, test_from: str) -> None:
    start = seconds_of("2020-01-01")
    data = of_times(*[start + day * DAY for day in range(8)])
    split = Temporal(val_from=val_from, test_from=test_from).split(data)
    assert by_item(split) == ["train"] * 3 + ["val"] * 2 + ["test"] * 3
    assert split.moments["test"] == start + 4 * DAY


def test_without_times_it_is_refused() -> None:
    with pytest.raises(DataError) as error:
        Temporal().split(checkerboard())
    assert str(error.value) == (
        "temporal needs times, and the data have none; with dataset table, name their column in timestamp"
    )


def test_one_time_for_all_is_refused() -> None:
    with pytest.raises(DataError) as error:
        Temporal().split(of_times(*[951_782_400] * 10))
    assert str(error.value) == (
        "all interactions are of one time, 2000-02-29T00:00:00, so temporal would be a random split; "
        "take another column for times, or split: {name: random_link}"
    )


@pytest.mark.parametrize(
    ("val_from", "test_from", "sizes"),
    [
        ("2021-01-01", "2021-02-01", "val and test empty: 8 interactions give 8 train, 0 val, 0 test"),
        ("2020-01-05", "2021-02-01", "test empty: 8 interactions give 4 train, 4 val, 0 test"),
        ("2019-01-01", "2020-01-02", "train empty: 8 interactions give 0 train, 1 val, 7 test"),
        ("2020-01-01T12:00", "2020-01-01T18:00", "val empty: 8 interactions give 1 train, 0 val, 7 test"),
    ],
)
def test_dates_that_leave_nothing_are_told_with_the_times_that_there_are(
    val_from: str, test_from: str, sizes: str
) -> None:
    start = seconds_of("2020-01-01")
    with pytest.raises(DataError) as error:
        Temporal(val_from=val_from, test_from=test_from).split(of_times(*[start + day * DAY for day in range(8)]))
    assert str(error.value) == (
        f"temporal leaves {sizes}; times go from 2020-01-01T00:00:00 to 2020-01-08T00:00:00; "
        "put val_from and test_from between"
    )


@pytest.mark.parametrize(
    ("fields", "sizes"),
    [
        ({}, "train empty: 2 interactions give 0 train, 1 val, 1 test"),
        ({"windows": 2}, "train and val empty: 1 interactions give 0 train, 0 val, 1 test"),
        ({"windows": 2, "window": 1}, "train empty: 2 interactions give 0 train, 1 val, 1 test"),
    ],
)
def test_shares_of_too_little_are_told(fields: dict[str, Any], sizes: str) -> None:
    with pytest.raises(DataError) as error:
        Temporal(**fields).split(of_times(0, 1))
    assert str(error.value) == f"temporal leaves {sizes}; ask for smaller shares, or bring more data"


def test_a_window_of_which_nothing_is_there_is_told() -> None:
    with pytest.raises(DataError) as error:
        Temporal(windows=3).split(of_times(0, 1))
    assert str(error.value) == "temporal has no interactions to divide; bring more data"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"windows": 3, "window": 3}, "window 3 does not exist: windows are 0 to 2"),
        ({"window": 1}, "window 1 does not exist: windows are 0 to 0"),
        ({"val": 0.5, "test": 0.5}, "val + test is 1; expected less than 1"),
        ({"val": 0.4, "test": 0.2, "windows": 3}, "val + windows · test is 1; expected less than 1"),
        ({"val_from": "2020-01-01"}, "val_from and test_from go together; give both or neither"),
        ({"test_from": "2020-01-01"}, "val_from and test_from go together; give both or neither"),
        (
            {"val_from": "2020-02-01", "test_from": "2020-02-01"},
            "val_from is 2020-02-01; expected a time before test_from, 2020-02-01",
        ),
        (
            {"val_from": "2020-02-01T01:00:00+01:00", "test_from": "2020-02-01"},
            "val_from is 2020-02-01T01:00:00+01:00; expected a time before test_from, 2020-02-01",
        ),
        (
            {"val_from": "2020-01-01", "test_from": "2020-02-01", "windows": 2, "val": 0.2},
            "val and windows: these are about shares, and val_from and test_from give dates; leave one out",
        ),
        (
            {"val_from": "May 2020", "test_from": "2020-02-01"},
            "expected an ISO 8601 date or time such as 2024-05-31 or 2024-05-31T18:00:00+02:00, got 'May 2020'",
        ),
    ],
)
def test_what_cannot_be_is_refused_when_the_recipe_is_read(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as error:
        Temporal.model_validate(fields)
    assert [each["msg"] for each in error.value.errors()] == [f"Value error, {message}"]


def test_dates_survive_a_recipe_that_says_the_defaults_too() -> None:
    dated = Temporal(val_from="2020-01-01", test_from="2020-02-01")
    assert Temporal.model_validate(dated.model_dump()) == dated


def test_the_latest_of_train_may_be_learned_from_and_not_known() -> None:
    check_split(Temporal(disjoint_train=0.3))
