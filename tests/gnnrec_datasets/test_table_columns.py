from __future__ import annotations

import csv
import datetime as dt
import io
import logging
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from own_tables import ids, load, pairs, parquet, refusal, values

from gnnrec_datasets.table_columns import NOTHING

pytest_plugins = ["working_folder"]

pytestmark = pytest.mark.usefixtures("working_folder")


DROP = "; dataset.missing: drop leaves such rows out"
MEND = ", so write it as one of them"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["1", "-5", "0"], [-5, 0, 1]),
        (["9223372036854775807", "1"], [1, 9223372036854775807]),
        (["9223372036854775808", "1"], ["1", "9223372036854775808"]),
        (["7", "007"], ["007", "7"]),
        (["7", "B12"], ["7", "B12"]),
        (["+7", "8"], ["+7", "8"]),
        (["-0", "8"], ["-0", "8"]),
        (["٣", "8"], ["8", "٣"]),
        ([" 7", "8 "], [7, 8]),
        (["x ", "\u3000y"], ["x", "y"]),
        (["1.0", "2.0"], [1, 2]),
        (["1.0", "2"], [1, 2]),
        (["1.0", "02"], ["02", "1.0"]),
        (["1.0", "1.5"], ["1.0", "1.5"]),
        (["1e3", "8"], ["1e3", "8"]),
        (["Nan", "nul", "x"], ["Nan", "nul", "x"]),
        (["true", "false"], ["false", "true"]),
    ],
)
def test_ids_are_numbers_only_if_nothing_is_lost(written: list[str], read: list[Any]) -> None:
    rows = "".join(f"{each},x\n" for each in written)
    users, _ = ids(load(f"user,item\n{rows}"))
    assert users == read
    text = parquet(user=written, item=["x"] * len(written))
    assert ids(load(text, "log.parquet"))[0] == read


@pytest.mark.parametrize(
    ("column", "read"),
    [
        (pa.array([3, 1], pa.int8()), [1, 3]),
        (pa.array([3, 1], pa.uint64()), [1, 3]),
        (pa.array([2**64 - 1, 1], pa.uint64()), ["1", "18446744073709551615"]),
        (pa.array([2**53 + 1, 1], pa.int64()), [1, 2**53 + 1]),
        (pa.array([3.0, 1.0]), [1, 3]),
        (pa.array([Decimal(2**60 + 1), Decimal("1.00")]), [1, 2**60 + 1]),
        (pa.array(["b", "a"], pa.large_string()), ["a", "b"]),
        (pa.array(["b", "a"]).dictionary_encode(), ["a", "b"]),
        (pa.array([3, 1]).dictionary_encode(), [1, 3]),
    ],
)
def test_ids_of_parquet_keep_their_value(column: pa.Array[Any], read: list[Any]) -> None:
    assert ids(load(parquet(user=column, item=["x", "x"]), "log.parquet"))[0] == read


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("user,item\n1,2\n1,\n,3\n2,\n", f"log.csv: 1 rows have no user id; the first is row 3{DROP}"),
        ('user,item\n1,2\n1,""\n2,\n', f"log.csv: 2 rows have no item id; the first is row 2{DROP}"),
        ("user,item\n1,2\n1,null\n3,None\n", f"log.csv: 2 rows have no item id; the first is row 2{DROP}"),
        ("user,item\n1,2\n1,NA\n", f"log.csv: 1 rows have no item id; the first is row 2{DROP}"),
        ("user,item\n1.0,2\nnan,3\n", f"log.csv: 1 rows have no user id; the first is row 2{DROP}"),
        ("user,item\n,\n", f"log.csv: 1 rows have no user id; the first is row 1{DROP}"),
    ],
)
def test_a_missing_id_is_told_with_its_row(content: str, message: str) -> None:
    assert refusal(content) == message


def test_rows_are_counted_before_ratings_drop_any() -> None:
    content = "user,item,stars\n1,2,1\n1,3,1\n1,,5\n"
    assert (
        refusal(content, rating="stars", min_rating=3) == "log.csv: 1 rows have no item id; the first is row 3" + DROP
    )


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([1, None], f": 1 rows have no user id; the first is row 2{DROP}"),
        ([1.0, None], f": 1 rows have no user id; the first is row 2{DROP}"),
        ([1.0, float("nan")], f": 1 rows have no user id; the first is row 2{DROP}"),
        (["a", None], f": 1 rows have no user id; the first is row 2{DROP}"),
        ([None, None], f": 2 rows have no user id; the first is row 1{DROP}"),
        ([1.0, 2.5], ": 1 rows have no whole number for a user id in column 'user'; row 2 has 2.5"),
        ([1.0, 1e17], ": 1 rows have no whole number for a user id in column 'user'; row 2 has 1e+17"),
        ([1.0, float("inf")], ": 1 rows have no whole number for a user id in column 'user'; row 2 has inf"),
        (
            [Decimal(10**30), Decimal(1)],
            f": 1 rows have no whole number for a user id in column 'user'; row 1 has {10**30}",
        ),
        ([True, False], f": column 'user' holds bool; user ids are whole numbers or text{MEND}"),
        ([b"a", b"b"], f": column 'user' holds binary; user ids are whole numbers or text{MEND}"),
        ([[1], [2]], f": column 'user' holds list<element: int64>; user ids are whole numbers or text{MEND}"),
    ],
)
def test_what_is_no_id_in_parquet_is_told(column: list[Any], message: str) -> None:
    assert refusal(parquet(user=column, item=["x", "y"]), "log.parquet") == f"log.parquet{message}"


@pytest.mark.parametrize("marker", ["", "  ", r"\N", "NA", "N/A", "nan", "NaN", "NULL", "null", "None", "<NA>"])
@pytest.mark.parametrize("other", ["7", "x"])
def test_what_programs_write_for_nothing_is_no_id(marker: str, other: str) -> None:
    message = f": 1 rows have no user id; the first is row 2{DROP}"
    assert refusal(f"user,item\n{other},1\n{marker},2\n") == f"log.csv{message}"
    assert refusal(parquet(user=[other, marker], item=[1, 2]), "log.parquet") == f"log.parquet{message}"


def test_rows_with_gaps_are_left_out_where_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    content = "user,item,stars\nnan,2,x\n1,3,4\n2,,\n2,3,5\n"
    with caplog.at_level(logging.WARNING):
        data = load(content, rating="stars", missing="drop")
    assert (pairs(data), values(data.edges.weight)) == ([(1, 3), (2, 3)], [4, 5])
    assert caplog.messages == ["log.csv: 2 of 4 rows are left out: 1 without user, 1 without item, 1 without rating"]
    later = content.replace("2,3,5", "2,3,bad")
    said = refusal(later, rating="stars", missing="drop")
    assert said == "log.csv: 1 rows have no number in column 'stars'; row 4 has 'bad'"


def test_blanks_around_ids_are_left_out_and_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        data = load("user, item\n1, 7\n2, 7\n2,8\n")
    assert pairs(data) == [(1, 7), (2, 7), (2, 8)]
    assert caplog.messages == ["log.csv: blanks around 2 item ids in column 'item' are left out"]


def test_an_id_that_a_spreadsheet_has_cut_is_refused() -> None:
    assert refusal("user,item\n76561198000000001,1\n7.65612E+16,2\n") == (
        "log.csv: 1 rows have a rounded number for a user id in column 'user'; row 2 has '7.65612E+16'; a spreadsheet "
        "has cut it: export the column as text"
    )


WORDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=5)
NUMBERS = st.integers(-(10**20), 10**20).map(str)


@given(st.lists(st.tuples(st.one_of(WORDS, NUMBERS), NUMBERS), min_size=1, max_size=8))
def test_no_id_is_altered_whatever_it_is(rows: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([("user", "item"), *rows])
    bare = {(user.strip(), item) for user, item in rows}
    if not {user for user, _ in bare} & set(NOTHING):
        data = load(text.getvalue())
        assert {(str(user), str(item)) for user, item in pairs(data)} == bare


@given(st.lists(st.tuples(st.integers(-9, 9), WORDS), min_size=1, max_size=8, unique=True))
def test_a_csv_file_and_a_parquet_file_are_the_same_data(rows: list[tuple[int, str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("user", "item"), *rows])
    users, items = zip(*rows, strict=True)
    if {item.strip() for item in items} & set(NOTHING):
        return
    table = parquet(user=list(users), item=list(items))
    assert load(text.getvalue()).fingerprint == load(table, "log.parquet").fingerprint


def test_a_pair_that_stands_twice_is_its_last_row(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        data = load("user,item,stars\n1,2,5\n1,3,4\n1,2,3\n", rating="stars")
    assert (pairs(data), values(data.edges.weight)) == ([(1, 2), (1, 3)], [3, 4])
    assert caplog.messages == ["log.csv: 1 duplicate interactions merged: the last counts"]


def test_of_a_pair_that_stands_twice_the_latest_counts_where_times_are_known(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        data = load("user,item,stars,when\n1,2,5,90\n1,3,4,80\n1,2,3,70\n", rating="stars", timestamp="when")
    assert (pairs(data), values(data.edges.weight), values(data.edges.time)) == ([(1, 2), (1, 3)], [5, 4], [90, 80])
    assert caplog.messages == ["log.csv: 1 duplicate interactions merged: the latest counts"]


RATED = "user,item,stars\n1,2,5\n1,3,2.5\n2,3,4\n2,4,1e0\n"


def test_ratings_are_kept_and_min_rating_drops_rows_and_what_only_they_had() -> None:
    data = load(RATED, rating="stars")
    assert (ids(data), values(data.edges.weight)) == (([1, 2], [2, 3, 4]), [5, 2.5, 4, 1])
    liked = load(RATED, rating="stars", min_rating=4)
    assert (pairs(liked), ids(liked), values(liked.edges.weight)) == ([(1, 2), (2, 3)], ([1, 2], [2, 3]), [5, 4])


@given(
    st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=9),
    st.floats(-5, 5, width=32),
)
@example([0.022657057270407677], 0.022657057270407677)
def test_exactly_the_rows_from_min_rating_on_are_kept(ratings: list[float], least: float) -> None:
    content = "user,item,stars\n" + "".join(f"1,{item},{rating!r}\n" for item, rating in enumerate(ratings))
    expected = [item for item, rating in enumerate(ratings) if rating >= least]
    if expected:
        data = load(content, rating="stars", min_rating=least)
        assert [item for _, item in pairs(data)] == expected
    else:
        message = f"log.csv: no rating is {least:g} or more; the highest is {max(ratings):g}"
        assert refusal(content, rating="stars", min_rating=least) == message


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (("5", "good", "bad"), "2 rows have no number in column 'stars'; row 2 has 'good'"),
        (("5", "4", ""), f"1 rows have no number in column 'stars'; row 3 has nothing{DROP}"),
        (("NA", "4", "3"), f"1 rows have no number in column 'stars'; row 1 has 'NA'{DROP}"),
        (("5", "inf", "3"), "1 rows have no number in column 'stars'; row 2 has inf"),
        (("5", "4,5"[:1], "x" * 80), f"1 rows have no number in column 'stars'; row 3 has '{'x' * 56}…"),
        (("5", "nan", "3"), f"1 rows have no number in column 'stars'; row 2 has nan{DROP}"),
        (("5", "3", "-1e39"), "1 rows have a number in column 'stars' that is beyond 3.4e+38; row 3 has -1e+39"),
    ],
)
def test_a_rating_that_is_no_number_is_told_with_row_and_value(cells: tuple[str, ...], message: str) -> None:
    content = "user,item,stars\n" + "".join(f"1,{row},{cell}\n" for row, cell in enumerate(cells))
    assert refusal(content, rating="stars") == f"log.csv: {message}"
    assert refusal(content, rating="stars", min_rating=1) == f"log.csv: {message}"


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([5, 3], pa.int8()), [5, 3]),
        (pa.array([Decimal("4.5"), Decimal(1)]), [4.5, 1]),
        (["4.5", "1"], [4.5, 1]),
        ([True, False], [1, 0]),
    ],
)
def test_ratings_of_parquet_are_read_from_any_kind_of_number(column: Any, expected: list[float]) -> None:
    data = load(parquet(user=[1, 2], item=[3, 4], stars=column), "log.parquet", rating="stars")
    assert values(data.edges.weight) == expected


def timed(cells: list[str], **fields: Any) -> list[int]:
    content = "user,item,when\n" + "".join(f"1,{row},{cell}\n" for row, cell in enumerate(cells))
    data = load(content, timestamp="when", **fields)
    assert data.edges.time is not None
    assert data.edges.time.dtype == np.int64
    return values(data.edges.time)


def test_times_are_whole_seconds_since_1970() -> None:
    assert timed(["0", "1700000000", "1.9", "-0.5", "1e3"]) == [0, 1_700_000_000, 1, -1, 1000]
    assert timed(["1700000000999", "-1"], timestamp_unit="ms") == [1_700_000_000, -1]
    dates = ["1970-01-02", "1970-01-01T00:01", "1970-01-01 01:00:00+01:00", "1970-01-01T00:00:09.99Z", "1969-12-31"]
    assert timed(dates) == [86_400, 60, 0, 9, -86_400]


def test_what_numbers_count_is_found_by_their_size_and_told(caplog: pytest.LogCaptureFixture) -> None:
    seconds = [1_700_000_000, 946_684_800]
    for power, unit in ((0, "s"), (3, "ms"), (6, "us"), (9, "ns")):
        assert timed([str(each * 10**power) for each in seconds]) == seconds
        assert timed([str(each * 10**power) for each in seconds], timestamp_unit=unit) == seconds
    what = "log.csv: times in column 'when' are taken to count"
    assert caplog.messages == [
        f"{what} {unit}, by their size; dataset.timestamp_unit names another unit" for unit in ("ms", "us", "ns")
    ]


def test_eight_digits_are_a_date_unless_their_unit_is_named(caplog: pytest.LogCaptureFixture) -> None:
    assert timed(["20231231", "20240101"]) == [1_703_980_800, 1_704_067_200]
    assert caplog.messages == [
        (
            "log.csv: times in column 'when' are taken to be dates such as 20240531; "
            "dataset.timestamp_unit says that they count"
        )
    ]
    assert timed(["20231231", "20240101"], timestamp_unit="s") == [20_231_231, 20_240_101]
    days = parquet(user=[1, 2], item=[3, 4], when=[20231231, 20240101])
    assert values(load(days, "log.parquet", timestamp="when").edges.time) == [1_703_980_800, 1_704_067_200]


def test_times_are_read_by_the_format_that_is_named() -> None:
    day_first = ["03/04/2024 18:30", "31/12/2024 00:00"]
    assert timed(day_first, timestamp_format="%d/%m/%Y %H:%M") == [1_712_169_000, 1_735_603_200]
    content = "user,item,when\n" + "".join(f"1,{row},{cell}\n" for row, cell in enumerate(day_first))
    said = refusal(content, timestamp="when")
    assert (
        said
        == f"log.csv: 2 rows {NO_TIME}; row 1 has '03/04/2024 18:30'; is dataset.timestamp_format '%d/%m/%Y %H:%M'?"
    )
    said = refusal(content.replace("31/12", "11/12"), timestamp="when")
    assert said.endswith("; is dataset.timestamp_format '%d/%m/%Y %H:%M' or '%m/%d/%Y %H:%M'?")
    said = refusal(content, timestamp="when", timestamp_format="%m/%d/%Y %H:%M")
    assert said.startswith("log.csv: 1 rows have no time like '%m/%d/%Y %H:%M' in column 'when'; row 2 has '31/12")
    number = parquet(user=[1], item=[2], when=[3])
    assert refusal(number, "log.parquet", timestamp="when", timestamp_format="%Y%m%d") == (
        "log.parquet: column 'when' holds int64 and no text, so that dataset.timestamp_format says "
        "nothing of it; leave it out"
    )


def test_times_that_a_spreadsheet_has_cut_are_refused() -> None:
    assert timed(["1.700000001E+09", "1.7E+03"]) == [1_700_000_001, 1700]
    assert refusal("user,item,when\n1,2,1.70E+09\n", timestamp="when") == (
        "log.csv: 1 rows have a rounded time in column 'when'; row 1 has '1.70E+09'; a spreadsheet has cut it: export "
        "the column with all digits, or do without it"
    )


def test_decimal_commas_are_read_where_they_are_named_and_proposed_where_not() -> None:
    content = "user;item;stars\n1;2;4,5\n1;3;5\n2;3;-0,25\n"
    data = load(content, separator=";", rating="stars", decimal=",")
    assert values(data.edges.weight) == [4.5, 5, -0.25]
    assert refusal(content, separator=";", rating="stars") == (
        "log.csv: 2 rows have no number in column 'stars'; row 1 has '4,5'; is dataset.decimal ','?"
    )
    said = refusal(content.replace("5\n", "1.000\n", 1), separator=";", rating="stars", decimal=",")
    assert said == "log.csv: 1 rows have no number in column 'stars'; row 1 has '4,1.000'"


def test_columns_that_are_named_without_a_header_are_taken_for_what_they_are_called() -> None:
    data = load("1,2,5,test,30\n1,3,4,train,20\n", columns=("user", "item", "rating", "part", "time"))
    assert (values(data.edges.weight), values(data.edges.time), values(data.parts)) == ([5, 4], [30, 20], [2, 0])


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([dt.datetime(1970, 1, 2), dt.datetime(1969, 12, 31, 23, 59, 59, 5)], [86_400, -1]),  # noqa: DTZ001
        (pa.array([1_500, -1], pa.timestamp("ms", "Europe/Berlin")), [1, -1]),
        (pa.array([10**9 + 1, 0], pa.timestamp("ns")), [1, 0]),
        ([dt.date(1970, 1, 2), dt.date(1970, 1, 1)], [86_400, 0]),
        ([1.5, 2.0], [1, 2]),
        (["1970-01-02", "1970-01-01"], [86_400, 0]),
    ],
)
def test_times_of_parquet_are_read_from_its_own_types_as_well(column: Any, expected: list[int]) -> None:
    data = load(parquet(user=[1, 2], item=[3, 4], when=column), "log.parquet", timestamp="when")
    assert values(data.edges.time) == expected


NO_TIME = "have no time, a number, ISO 8601 or 20240531, in column 'when'"
FORM = "; dataset.timestamp_format says how times are written, such as '%d/%m/%Y %H:%M'"


@pytest.mark.parametrize(
    ("cells", "row"),
    [
        (["1", "x", "2"], f"1 rows {NO_TIME}; row 2 has 'x'{FORM}"),
        (["x", "1", "2"], f"1 rows {NO_TIME}; row 1 has 'x'{FORM}"),
        (["1", "2", ""], f"1 rows {NO_TIME}; row 3 has nothing{DROP}"),
        (
            ["2024-01-31", "31.1.2024", "1700000000", "2024-01-30"],
            f"2 rows {NO_TIME}; row 2 has '31.1.2024'{FORM}",
        ),
        (
            ["1", "1700000000000", "1700000000001"],
            (
                "2 rows have a time in column 'when' that counts no seconds, as others do; row 2 has 1700000000000; "
                "dataset.timestamp_unit says what they count"
            ),
        ),
    ],
)
def test_a_time_that_is_none_is_told_with_row_and_value(cells: list[str], row: str) -> None:
    content = "user,item,when\n" + "".join(f"1,{number},{cell}\n" for number, cell in enumerate(cells))
    assert refusal(content, timestamp="when") == f"log.csv: {row}"


def test_parquet_columns_that_hold_no_times_are_told() -> None:
    missing = parquet(user=[1, 2], item=[3, 4], when=pa.array([0, None], pa.timestamp("s")))
    clock = parquet(user=[1], item=[3], when=[dt.time(18)])
    what = f"1 rows {NO_TIME}"
    assert refusal(missing, "log.parquet", timestamp="when") == f"log.parquet: {what}; row 2 has nothing{DROP}"
    assert refusal(clock, "log.parquet", timestamp="when") == f"log.parquet: {what}; row 1 has 18:00:00"


DIVIDED = "user,item,fold\n2,1,test\n1,1,train\n1,2,val\n"


def test_parts_are_read_by_their_names() -> None:
    data = load(DIVIDED, part="fold")
    assert (pairs(data), values(data.parts)) == ([(1, 1), (1, 2), (2, 1)], [0, 1, 2])
    column = pa.array(["val", "train", "test"]).dictionary_encode()
    coded = load(parquet(user=[1, 1, 2], item=[1, 2, 1], fold=column), "log.parquet", part="fold")
    assert values(coded.parts) == [1, 0, 2]
    assert load(DIVIDED).parts is None


NO_PART = "rows have no part, train, val or test, in column 'fold'"


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["train", "dev", "valid"], f"2 {NO_PART}; row 2 has 'dev'"),
        (["train", "val", None], f"1 {NO_PART}; row 3 has nothing{DROP}"),
        (["train", "Test", "shown"], f"2 {NO_PART}; row 2 has 'Test'"),
        ([0, 1, 2], f"3 {NO_PART}; row 1 has 0"),
        ([["train"], ["val"], ["test"]], f"3 {NO_PART}; row 1 has ['train']"),
    ],
)
def test_a_part_that_is_none_is_told_with_row_and_value(column: list[Any], message: str) -> None:
    table = parquet(user=[1, 1, 2], item=[1, 2, 1], fold=column)
    assert refusal(table, "log.parquet", part="fold") == f"log.parquet: {message}"


def test_an_empty_cell_of_a_text_file_is_no_part() -> None:
    assert refusal(DIVIDED.replace("val", ""), part="fold") == f"log.csv: 1 {NO_PART}; row 3 has nothing{DROP}"


@pytest.mark.parametrize(
    ("column", "second"),
    [
        (pa.array([0, 73_768_400_437_000_000], pa.timestamp("us")), 73_768_400_437),
        (pa.array([0, 73_768_400_437_000], pa.timestamp("ms", "Asia/Tokyo")), 73_768_400_437),
        (pa.array([0, -1], pa.timestamp("ns")), -1),
        (pa.array([0, 19_000], pa.date32()), 19_000 * 86_400),
        (pa.array([0, 19_000 * 86_400_000], pa.date64()), 19_000 * 86_400),
    ],
)
def test_times_of_parquet_are_whole_seconds_whatever_their_unit(column: pa.Array[Any], second: int) -> None:
    """Those of the year 4307 too, which pandas does not hold in nanoseconds; rounded down, before 1970 as well."""
    assert values(load(parquet(user=[1, 1], item=[1, 2], when=column), timestamp="when").edges.time) == [0, second]
