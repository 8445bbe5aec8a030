from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from logs import loaded, of_pairs, random_log, refusal, rows_of, told
from pydantic import ValidationError

from gnnrec import RecipeError, load_recipe
from gnnrec_filters.between import Between

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = 86_400


def days(*times: int) -> pd.DataFrame:
    """An interaction at each of these seconds, with an item of its own."""
    return pd.DataFrame({"user": 1, "item": range(len(times)), "time": times})


EDGES_OF_A_DAY = days(DAY - 1, DAY, 2 * DAY - 1, 2 * DAY)


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"start": "1970-01-02"}, [1, 2, 3]),
        ({"end": "1970-01-03"}, [0, 1, 2]),
        ({"start": "1970-01-02", "end": "1970-01-03"}, [1, 2]),
        ({"start": "1970-01-02T00:00:00Z", "end": "1970-01-02T23:59:59Z"}, [1]),
        ({"start": "1970-01-02 00:00:00.5", "end": "1970-01-03T00:00:00.5"}, [2, 3]),
        ({"start": "1970-01-02T01:00:00+01:00", "end": "1970-01-02T23:00-01:00"}, [1, 2]),
        ({"start": "0001-01-01", "end": "9999-12-31"}, [0, 1, 2, 3]),
    ],
)
def test_start_counts_and_end_does_not(fields: dict[str, str], kept: list[int]) -> None:
    assert [item for _, item, _ in told(Between(**fields).apply(loaded(EDGES_OF_A_DAY)))] == kept


def test_times_are_those_that_pandas_reads() -> None:
    log = random_log().assign(time=lambda log: log["time"] * DAY)
    when = pd.to_datetime(log["time"], unit="s")
    expected = log[(when >= "1970-06-01") & (when < "1971-09-05 12:00")]
    assert 0 < len(expected) < len(log)
    assert told(Between(start="1970-06-01", end="1971-09-05T12:00").apply(loaded(log))) == rows_of(expected)


NONE = "leaves none of the 4 interactions; the first is of 1970-01-01T23:59:59, the last of 1970-01-03T00:00:00 (UTC)"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"start": "1970-01-04"}, f"between with start: 1970-01-04 {NONE}"),
        ({"end": "1970-01-01T10:00"}, f"between with end: 1970-01-01T10:00 {NONE}"),
        (
            {"start": "1969-01-01", "end": "1970-01-01T10:00"},
            f"between with start: 1969-01-01, end: 1970-01-01T10:00 {NONE}",
        ),
        ({}, "between says neither start nor end; give one of them, or both"),
    ],
)
def test_what_leaves_nothing_says_when_the_data_begin_and_end(fields: dict[str, str], message: str) -> None:
    assert refusal(Between(**fields), loaded(EDGES_OF_A_DAY)) == message


def test_data_without_times_are_told() -> None:
    assert refusal(Between(start="2018-01-01"), of_pairs([(1, 2)])) == (
        "between needs times, and the data have none; with dataset table, name their column in timestamp"
    )


def no_time(text: str) -> str:
    return f"expected an ISO 8601 date or time such as 2024-05-31 or 2024-05-31T18:00:00+02:00, got '{text}'"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"start": "31.1.2018"}, no_time("31.1.2018")),
        ({"end": "2018-02-30"}, no_time("2018-02-30")),
        ({"end": "1514764800"}, no_time("1514764800")),
        ({"start": ""}, no_time("")),
        (
            {"start": "2018-01-02", "end": "2018-01-01T23:00:00"},
            "start is 2018-01-02, which is not before end, 2018-01-01T23:00:00",
        ),
        (
            {"start": "2018-01-01T01:00+01:00", "end": "2018-01-01"},
            "start is 2018-01-01T01:00+01:00, which is not before end, 2018-01-01",
        ),
    ],
)
def test_what_is_no_span_of_time_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as error:
        Between(**fields)
    assert [each["msg"] for each in error.value.errors()] == [f"Value error, {message}"]


def test_a_recipe_says_dates_without_quotes_and_is_told_where_one_is_none(
    write: Callable[[str, str], Path],
) -> None:
    text = "extends: movielens_sage\nfilters:\n  - {name: between, start: 2018-01-01, end: 2018-06-30T18:00:00Z}\n"
    recipe = load_recipe(write("spring.yaml", text))
    assert recipe.filters == (Between(start="2018-01-01", end="2018-06-30T18:00:00Z"),)
    path = write("never.yaml", text.replace("2018-01-01", "2019-01-01"))
    with pytest.raises(RecipeError) as error:
        load_recipe(path)
    assert str(error.value) == (
        f"{path}:3:5  filters.0: start is 2019-01-01, which is not before end, 2018-06-30T18:00:00Z"
    )
