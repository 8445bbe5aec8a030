from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import logging
import os
import random
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import gnnrec
from gnnrec import Availability, DataError, Interactions, RecipeError, load_recipe
from gnnrec_datasets.table import Table

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

DOCUMENT = Path(__file__).parents[1] / "docs" / "own_data.md"

SEEN = "user,item\n1,2\n1,3\n2,3\n"
"""Two users, two items, three interactions."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    working = tmp_path / "working"
    working.mkdir()
    monkeypatch.chdir(working)
    return working


def put(content: str | bytes | pa.Table, name: str) -> str:
    if isinstance(content, pa.Table):
        pq.write_table(content, name)
    else:
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def load(content: str | bytes | pa.Table, name: str = "log.csv", **fields: Any) -> Interactions:
    return Table(path=put(content, name), **fields).load()


def refusal(content: str | bytes | pa.Table, name: str = "log.csv", **fields: Any) -> str:
    with pytest.raises(DataError) as error:
        load(content, name, **fields)
    return str(error.value)


def parquet(**columns: Any) -> pa.Table:
    return pa.table(columns)


def ids(data: Interactions) -> tuple[list[Any], list[Any]]:
    return data.users["user"].tolist(), data.items["item"].tolist()


def pairs(data: Interactions) -> list[tuple[Any, Any]]:
    users, items = ids(data)
    return [(users[user], items[item]) for user, item in zip(data.edges.users, data.edges.items, strict=True)]


def values(column: Any) -> list[Any]:
    assert column is not None
    return list(column.tolist())


# Files


def test_two_columns_are_a_data_set() -> None:
    data = load("user,item\n30,b\n10,c\n20,a\n10,a\n")
    assert pairs(data) == [(30, "b"), (10, "c"), (20, "a"), (10, "a")]
    assert ids(data) == ([10, 20, 30], ["a", "b", "c"])
    assert (data.ratings, data.timestamps, data.source, dict(data.chosen)) == (None, None, "log.csv", {})


def test_columns_have_whatever_name_and_order_and_the_others_are_not_read() -> None:
    data = load("what,note,who\n5,x,1\n6,,2\n", user="who", item="what")
    assert pairs(data) == [(1, 5), (2, 6)]


@pytest.mark.parametrize(
    ("name", "content", "fields"),
    [
        ("log.csv", SEEN, {}),
        ("LOG.CSV", SEEN, {}),
        ("log.csv.gz", gzip.compress(SEEN.encode()), {}),
        ("log.tsv", SEEN.replace(",", "\t"), {}),
        ("log.txt", SEEN.replace(",", "\t"), {}),
        ("log.txt", SEEN.replace(",", "|"), {"separator": "|"}),
        ("log.parquet", parquet(user=[1, 1, 2], item=[2, 3, 3]), {}),
        ("log.csv", "\ufeff" + SEEN, {}),
        ("log.csv", SEEN.replace("\n", "\r\n") + "\r\n\r\n", {}),
        ("log.csv", '"user","item"\n"1","2"\n"1","3"\n"2","3"', {}),
        ("log.csv", 'user,item,note\n1,2,"a,\n""b"""\n1,3,\n2,3,c', {}),
    ],
)
def test_each_form_of_a_file_gives_the_same_data(name: str, content: str | bytes | pa.Table, fields: Any) -> None:
    assert load(content, name, **fields).fingerprint == load(SEEN, "plain.csv").fingerprint


def test_a_path_is_relative_to_the_working_folder_and_may_begin_at_home(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "data").mkdir()
    put(SEEN, "data/log.csv")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    for path in ("data/log.csv", "~/data/log.csv", str(folder / "data" / "log.csv")):
        assert len(Table(path=path).load()) == 3


def test_what_is_there_is_told_with_its_path(folder: Path) -> None:
    assert Table(path="log.csv").available() == (Availability("log.csv", None),)
    put(SEEN, "log.csv")
    assert Table(path="log.csv").available() == (Availability("log.csv", "log.csv"),)
    place = str(folder / "log.csv")
    assert Table(path=place).available() == (Availability(place, place),)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("rating.csv", "there is no file rating.csv (working folder: {folder}); did you mean 'ratings.csv'?"),
        ("zebra", "there is no file zebra (working folder: {folder})"),
        ("no/log.csv", "there is no file no/log.csv: there is no folder no (working folder: {folder})"),
        (".", ". is a folder; give the file in it that holds the table"),
        ("x" * 300, f"'{'x' * 56}… cannot be looked for: File name too long"),
        ("ratings.xlsx", "ratings.xlsx: a table is a file that ends in .csv, .csv.gz, .tsv, .txt or .parquet"),
    ],
)
def test_a_file_that_is_not_there_or_not_read_is_told(path: str, message: str, folder: Path) -> None:
    put(SEEN, "ratings.csv")
    put(SEEN, "ratings.xlsx")
    with pytest.raises(DataError) as error:
        Table(path=path).load()
    assert str(error.value) == message.format(folder=folder)


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_told() -> None:
    Path(put(SEEN, "log.csv")).chmod(0)
    with pytest.raises(DataError) as error:
        Table(path="log.csv").load()
    assert str(error.value) == "log.csv cannot be read: Permission denied"


HUGE_CELL = " is no table: it has a cell of more than a million characters; is a quote never closed?"
CUT_SHORT = " is no gzip archive, or is cut short: Compressed file ended before the end-of-stream marker was reached"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("log.csv", "", " is empty"),
        ("log.csv", "\n \n", " is empty"),
        ("log.csv.gz", "", " is empty"),
        ("log.csv.gz", gzip.compress(b""), " is empty"),
        ("log.parquet", "", " is empty"),
        ("log.csv", "user,item", ": there are no interactions in it"),
        ("log.csv", "user,item\n", ": there are no interactions in it"),
        ("log.parquet", parquet(user=[], item=[]), ": there are no interactions in it"),
        (
            "log.csv",
            "user,item\n1,2\n1,2,3\n\n1\n",
            ": 2 rows do not have the 2 cells of the header; row 2 has 3: '1,2,3'",
        ),
        (
            "log.csv",
            "user,item,note\n1,2,a\n1,2\n",
            ": 1 rows do not have the 3 cells of the header; row 2 has 2: '1,2'",
        ),
        ("log.csv", 'user,item\n1,2\n1,"3\n2,3\n', " is no table: a quote that opens in row 2 is never closed"),
        ("log.csv", 'user,item,note\n1,2,"\n1,3,\n', " is no table: a quote that opens in row 1 is never closed"),
        ("log.csv", 'user,item,note\n1,"2,\n1,3,\n', " is no table: a quote that opens in row 1 is never closed"),
        ("log.csv", 'user,item\n1,"' + "1,2\n" * 700_000 + '"', HUGE_CELL),
        ("log.csv", SEEN.encode("utf-16"), " is not UTF-8 text; save it as UTF-8"),
        ("log.csv", "user,item\né,1\n".encode("latin-1"), " is not UTF-8 text; save it as UTF-8"),
        ("log.csv", b"user,item\n" + b"1,2\n" * 9000 + b"\xe9,1\n", " is not UTF-8 text; save it as UTF-8"),
        ("log.csv", b"\x00\x01,\x00", " is not UTF-8 text; save it as UTF-8"),
        ("log.csv.gz", SEEN, " is no gzip archive, or is cut short: Not a gzipped file (b'us')"),
        ("log.csv.gz", gzip.compress(SEEN.encode())[:-9], CUT_SHORT),
        ("log.parquet", SEEN, " is no Parquet file: "),
    ],
)
def test_a_file_that_is_no_table_is_told(name: str, content: str | bytes | pa.Table, message: str) -> None:
    said = refusal(content, name)
    assert said == f"{name}{message}" if not message.endswith(": ") else said.startswith(f"{name}{message}")


@pytest.mark.parametrize(("checksums", "damaged"), [(False, slice(4, 40)), (True, slice(100, 3000))])
def test_a_damaged_parquet_file_is_told(checksums: bool, damaged: slice) -> None:
    whole = pa.BufferOutputStream()
    pq.write_table(parquet(user=list(range(5000)), item=list(range(5000))), whole, write_page_checksum=checksums)
    content = bytearray(whole.getvalue().to_pybytes())
    content[damaged] = b"\x55" * len(content[damaged])
    assert refusal(bytes(content), "log.parquet").startswith("log.parquet is a damaged Parquet file: ")


@pytest.mark.parametrize(
    ("content", "fields", "message"),
    [
        ("usr,item\n1,2\n", {}, " has no column 'user'; did you mean 'usr'?"),
        (" user, item\n1,2\n", {}, " has no column 'user'; did you mean ' user'?"),
        ("a,b\n1,2\n", {"user": "a"}, " has no column 'item'; known: a, b"),
        (SEEN, {"rating": "stars"}, " has no column 'stars'; known: item, user"),
        (SEEN, {"timestamp": "items"}, " has no column 'items'; did you mean 'item'?"),
        ("user;item\n1;2\n", {}, " has no column 'user'; its only column is 'user;item': is dataset.separator ';'?"),
        ("user,user,item\n1,2,3\n", {}, " has 2 columns 'user'; which one is meant?"),
    ],
)
def test_a_column_that_is_not_there_is_told_with_the_nearest(content: str, fields: Any, message: str) -> None:
    assert refusal(content, **fields) == f"log.csv{message}"


def test_a_parquet_file_without_columns_is_told() -> None:
    assert refusal(parquet(), "log.parquet") == "log.parquet has no column 'user'"


# Ids


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
        ([" 7", "8"], [" 7", "8"]),
        (["1.0", "2.0"], [1, 2]),
        (["1.0", "2"], ["1.0", "2"]),
        (["1.0", "1.5"], ["1.0", "1.5"]),
        (["1e3", "8"], ["1e3", "8"]),
        (["NA", "null", "x"], ["NA", "null", "x"]),
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
        ("user,item\n1,2\n1,\n,3\n2,\n", "log.csv: 1 rows have no user id; the first is row 3"),
        ('user,item\n1,2\n1,""\n2,\n', "log.csv: 2 rows have no item id; the first is row 2"),
        ("user,item\n1,2\n1,NA\n", "log.csv: 1 rows have no item id; the first is row 2"),
        ("user,item\n1.0,2\nnan,3\n", "log.csv: 1 rows have no user id; the first is row 2"),
        ("user,item\n,\n", "log.csv: 1 rows have no user id; the first is row 1"),
    ],
)
def test_a_missing_id_is_told_with_its_row(content: str, message: str) -> None:
    assert refusal(content) == message


def test_rows_are_counted_before_ratings_drop_any() -> None:
    content = "user,item,stars\n1,2,1\n1,3,1\n1,,5\n"
    assert refusal(content, rating="stars", min_rating=3) == "log.csv: 1 rows have no item id; the first is row 3"


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([1, None], ": 1 rows have no user id; the first is row 2"),
        ([1.0, None], ": 1 rows have no user id; the first is row 2"),
        ([1.0, float("nan")], ": 1 rows have no user id; the first is row 2"),
        (["a", None], ": 1 rows have no user id; the first is row 2"),
        ([None, None], ": 2 rows have no user id; the first is row 1"),
        ([1.0, 2.5], ": 1 rows have no whole number for a user id in column 'user'; row 2 has 2.5"),
        ([1.0, 1e17], ": 1 rows have no whole number for a user id in column 'user'; row 2 has 1e+17"),
        ([1.0, float("inf")], ": 1 rows have no whole number for a user id in column 'user'; row 2 has inf"),
        (
            [Decimal(10**30), Decimal(1)],
            f": 1 rows have no whole number for a user id in column 'user'; row 1 has {10**30}",
        ),
        ([True, False], ": column 'user' holds bool; user ids are whole numbers or text"),
        ([b"a", b"b"], ": column 'user' holds binary; user ids are whole numbers or text"),
        ([[1], [2]], ": column 'user' holds list<element: int64>; user ids are whole numbers or text"),
    ],
)
def test_what_is_no_id_in_parquet_is_told(column: list[Any], message: str) -> None:
    assert refusal(parquet(user=column, item=["x", "y"]), "log.parquet") == f"log.parquet{message}"


WORDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=5)
NUMBERS = st.integers(-(10**20), 10**20).map(str)


@given(st.lists(st.tuples(st.one_of(WORDS, NUMBERS), NUMBERS), min_size=1, max_size=8))
def test_no_id_is_altered_whatever_it_is(rows: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([("user", "item"), *rows])
    missing = {"NA", "NaN", "nan", "N/A", "NULL", "null", "None"}
    if not {user for user, _ in rows} & missing:
        data = load(text.getvalue())
        assert {(str(user), str(item)) for user, item in pairs(data)} == set(rows)


@given(st.lists(st.tuples(st.integers(-9, 9), WORDS), min_size=1, max_size=8, unique=True))
def test_a_csv_file_and_a_parquet_file_are_the_same_data(rows: list[tuple[int, str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("user", "item"), *rows])
    users, items = zip(*rows, strict=True)
    table = parquet(user=list(users), item=list(items))
    assert load(text.getvalue()).fingerprint == load(table, "log.parquet").fingerprint


def test_a_pair_that_stands_twice_is_its_last_row(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        data = load("user,item,stars\n1,2,5\n1,3,4\n1,2,3\n", rating="stars")
    assert (pairs(data), values(data.ratings)) == ([(1, 3), (1, 2)], [4, 3])
    assert caplog.messages == ["log.csv: 1 duplicate interactions merged"]


# Ratings and times

RATED = "user,item,stars\n1,2,5\n1,3,2.5\n2,3,4\n2,4,1e0\n"


def test_ratings_are_kept_and_min_rating_drops_rows_and_what_only_they_had() -> None:
    data = load(RATED, rating="stars")
    assert (ids(data), values(data.ratings)) == (([1, 2], [2, 3, 4]), [5, 2.5, 4, 1])
    liked = load(RATED, rating="stars", min_rating=4)
    assert (pairs(liked), ids(liked), values(liked.ratings)) == ([(1, 2), (2, 3)], ([1, 2], [2, 3]), [5, 4])


@given(
    st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=9),
    st.floats(-5, 5, width=32),
)
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
        (("5", "4", ""), "1 rows have no number in column 'stars'; row 3 has nothing"),
        (("NA", "4", "3"), "1 rows have no number in column 'stars'; row 1 has 'NA'"),
        (("5", "inf", "3"), "1 rows have no number in column 'stars'; row 2 has 'inf'"),
        (("5", "4,5"[:1], "x" * 80), f"1 rows have no number in column 'stars'; row 3 has '{'x' * 56}…"),
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
    assert values(data.ratings) == expected


def timed(cells: list[str], **fields: Any) -> list[int]:
    content = "user,item,when\n" + "".join(f"1,{row},{cell}\n" for row, cell in enumerate(cells))
    data = load(content, timestamp="when", **fields)
    assert data.timestamps is not None
    assert data.timestamps.dtype == np.int64
    return values(data.timestamps)


def test_times_are_whole_seconds_since_1970() -> None:
    assert timed(["0", "1700000000", "1.9", "-0.5", "1e3"]) == [0, 1_700_000_000, 1, -1, 1000]
    assert timed(["1700000000999", "-1"], timestamp_unit="ms") == [1_700_000_000, -1]
    dates = ["1970-01-02", "1970-01-01T00:01", "1970-01-01 01:00:00+01:00", "1970-01-01T00:00:09.99Z", "1969-12-31"]
    assert timed(dates) == [86_400, 60, 0, 9, -86_400]


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
    assert values(data.timestamps) == expected


LATE = "beyond the year 9999"


@pytest.mark.parametrize(
    ("cells", "row"),
    [
        (["1", "x", "2"], "1 rows have no time, a number or ISO 8601, in column 'when'; row 2 has 'x'"),
        (["x", "1", "2"], "1 rows have no time, a number or ISO 8601, in column 'when'; row 1 has 'x'"),
        (["1", "2", ""], "1 rows have no time, a number or ISO 8601, in column 'when'; row 3 has nothing"),
        (
            ["2024-01-31", "31.1.2024", "1700000000", "2024-01-30"],
            "2 rows have no time, a number or ISO 8601, in column 'when'; row 2 has '31.1.2024'",
        ),
        (
            ["1", "1700000000000", "1700000000001"],
            f"2 rows have a time in column 'when' {LATE}; row 2 has '1700000000000'; is dataset.timestamp_unit ms?",
        ),
    ],
)
def test_a_time_that_is_none_is_told_with_row_and_value(cells: list[str], row: str) -> None:
    content = "user,item,when\n" + "".join(f"1,{number},{cell}\n" for number, cell in enumerate(cells))
    assert refusal(content, timestamp="when") == f"log.csv: {row}"


def test_parquet_columns_that_hold_no_times_are_told() -> None:
    missing = parquet(user=[1, 2], item=[3, 4], when=pa.array([0, None], pa.timestamp("s")))
    clock = parquet(user=[1], item=[3], when=[dt.time(18)])
    what = "1 rows have no time, a number or ISO 8601, in column 'when'"
    assert refusal(missing, "log.parquet", timestamp="when") == f"log.parquet: {what}; row 2 has nothing"
    assert refusal(clock, "log.parquet", timestamp="when") == f"log.parquet: {what}; row 1 has 18:00:00"


# Tables of nodes


def test_what_is_known_of_items_and_users_is_in_their_tables() -> None:
    put("name,item,genres,year,zip,note\nThree,3,4,1999,01234,None\n1984,2,a|b,NA,99999,x\nNine,9,,,,\n", "items.csv")
    put("age\tuser\n30\t2\n20\t1\n", "users.tsv")
    data = load(SEEN, items="items.csv", title="name", users="users.tsv")
    assert data.users.to_dict("list") == {"user": [1, 2], "age": [20, 30]}
    items = data.items
    assert items.columns.tolist() == ["item", "title", "genres", "year", "zip", "note"]
    assert items["item"].tolist() == [2, 3]
    assert items["title"].tolist() == ["1984", "Three"]
    assert items["genres"].tolist() == ["a|b", "4"]
    assert items["zip"].tolist() == ["99999", "01234"]
    assert items["note"].tolist() == ["x", "None"]
    assert pd.isna(items["year"].iloc[0])
    assert items["year"].iloc[1] == 1999


def test_a_table_of_nodes_may_be_parquet_with_lists_and_an_index(caplog: pytest.LogCaptureFixture) -> None:
    known = pd.DataFrame({"item": [3, 2, 8], "genres": [["a"], ["b", "c"], []], "title": ["x", "y", "z"]}, [4, 9, 1])
    known.to_parquet("items.parquet")
    data = load(SEEN, items="items.parquet")
    assert data.items.columns.tolist() == ["item", "genres", "title"]
    assert [list(genres) for genres in data.items["genres"]] == [["b", "c"], ["a"]]
    known.set_index("item").to_parquet("indexed.parquet")
    assert load(SEEN, items="indexed.parquet").items["title"].tolist() == ["y", "x"]
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("log", "known", "titles"),
    [
        ("user,item\n1,2\n1,3\n", parquet(item=["3", "2"], title=["three", "two"]), ["two", "three"]),
        ("user,item\n1,2\n1,x\n", parquet(item=[2, 5], title=["two", "five"]), ["two", None]),
        ("user,item\n1,2\n1,3\n", parquet(item=["2", "x", "003"], title=["two", "x", "no"]), ["two", None]),
        ("user,item\n1,2.0\n1,3.0\n", parquet(item=[2, 3], title=["two", "three"]), ["two", "three"]),
        ("user,item\n1,02\n1,03\n", parquet(item=["02", "2"], title=["two", "no"]), ["two", None]),
    ],
)
def test_ids_meet_by_what_they_say(log: str, known: pa.Table, titles: list[str | None]) -> None:
    put(known, "items.parquet")
    data = load(log, items="items.parquet")
    assert ids(data) == ids(load(log, "alone.csv"))
    assert [None if pd.isna(title) else title for title in data.items["title"]] == titles


def test_items_that_the_table_lacks_are_counted_in_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    put("item,title\n2,two\n7,seven\n", "items.csv")
    with caplog.at_level(logging.WARNING):
        data = load(SEEN, items="items.csv")
    assert data.items["title"].isna().tolist() == [False, True]
    assert caplog.messages == ["items.csv: 1 of 2 items are not in it"]


def test_a_column_without_a_name_is_left_out() -> None:
    put(",item,title\n0,2,two\n1,3,three\n", "items.csv")
    assert load(SEEN, items="items.csv").items.columns.tolist() == ["item", "title"]


ALIEN = "items.csv has none of the 2 items that have interactions, such as 2"


@pytest.mark.parametrize(
    ("known", "fields", "message"),
    [
        ("item,title\n007,seven\n", {}, f"{ALIEN}; its first id is '007'"),
        ("item,title\n7,seven\n", {}, f"{ALIEN}; its first id is 7"),
        ("item,title\n", {}, f"{ALIEN}; it has no rows"),
        ("item,title\n2,a\n3,b\n2,c\n", {}, "log.csv: item 2 stands twice in the table of items"),
        ("item,title\n2,a\n,b\n", {}, "items.csv: 1 rows have no item id; the first is row 2"),
        ("itm,title\n2,a\n", {}, "items.csv has no column 'item'; did you mean 'itm'?"),
        (",tag\n2,a\n", {}, "items.csv has no column 'item'; known: tag"),
        ("item,name\n2,a\n", {"title": "nam"}, "items.csv has no column 'nam'; did you mean 'name'?"),
        (
            "item,name,title\n2,a,b\n",
            {"title": "name"},
            "items.csv: column 'name' is taken for 'title', but there is a column 'title' as well",
        ),
        ("item,a,a\n2,a,b\n", {}, "items.csv has 2 columns 'a'; which one is meant?"),
        ("item,a\n2,a,b\n", {}, "items.csv: 1 rows do not have the 2 cells of the header; row 1 has 3: '2,a,b'"),
    ],
)
def test_a_table_of_items_that_does_not_fit_is_told(known: str, fields: Any, message: str) -> None:
    put(known, "items.csv")
    assert refusal(SEEN, items="items.csv", **fields) == message


def test_an_id_column_by_another_name_leaves_no_room_for_a_column_item() -> None:
    put("product,item\n2,a\n", "items.csv")
    said = refusal("user,product\n1,2\n", item="product", items="items.csv")
    assert said == "items.csv: column 'product' is taken for 'item', but there is a column 'item' as well"


def test_a_table_of_nodes_that_is_not_there_is_told(folder: Path) -> None:
    said = refusal(SEEN, users="user.csv")
    assert said == f"there is no file user.csv (working folder: {folder})"


# Recipes


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"min_rating": 4.0}, "min_rating needs ratings; name their column in rating"),
        ({"title": "name"}, "title names a column of the table of items; name its file in items"),
        (
            {"user": "id", "item": "id"},
            "user, item, rating and timestamp are columns of their own; 'id' is named twice",
        ),
        ({"rating": "item"}, "user, item, rating and timestamp are columns of their own; 'item' is named twice"),
        (
            {"path": "x.parquet", "separator": ","},
            "separator stands between the cells of text files; a Parquet file has none",
        ),
        ({"separator": "::"}, "expected one ASCII character that is no quote and ends no line, got '::'"),
        ({"separator": '"'}, "expected one ASCII character that is no quote and ends no line, got '\"'"),
        ({"separator": "…"}, "expected one ASCII character that is no quote and ends no line, got '…'"),
    ],
)
def test_fields_that_make_no_sense_together_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as error:
        Table(**({"path": "x.csv"} | fields))
    assert [each["msg"] for each in error.value.errors()] == [f"Value error, {message}"]


@pytest.mark.parametrize("fields", [{}, {"path": ""}, {"path": "x.csv", "sep": ";"}, {"path": "x.csv", "user": ""}])
def test_a_path_is_needed_and_nothing_unknown_is_taken(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Table(**fields)


def test_every_field_says_what_it_means() -> None:
    assert [name for name, field in Table.model_fields.items() if not field.description] == ["name"]


def recipe_in_the_document() -> str:
    (recipe, _) = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(recipe.splitlines()) < 15
    return recipe


def clustered(customers: int = 60, tastes: int = 3, products: int = 12) -> str:
    """Customers who like every product of their taste but a few, and dislike one of another."""
    draw = random.Random(5)  # noqa: S311 - a toy
    rows = ["customer,product,stars,time"]
    for customer in range(customers):
        taste = customer % tastes
        liked = draw.sample(range(products), products - 4)
        rows += [f"u{customer:03},{each * tastes + taste},{draw.choice([4, 4.5, 5])},17{each:08}" for each in liked]
        rows.append(f"u{customer:03},{(taste + 1) % tastes},1,1700000000")
    return "\n".join(rows)


def test_the_recipe_in_the_document_trains_a_model_that_knows_tastes(folder: Path) -> None:
    put(clustered(), "ratings.csv")
    put(recipe_in_the_document(), "mine.yaml")
    run = gnnrec.run("mine.yaml", {"encoder.channels": 16, "trainer.epochs": 30, "trainer.device": "cpu"})
    assert run.directory.parent == Path("runs/mine")
    assert run.recipe.dataset.path == "ratings.csv"  # type: ignore[attr-defined]
    assert run.users["user"].tolist()[:2] == ["u000", "u001"]
    assert len(run.split.interactions) == 60 * 8
    recommended = gnnrec.load_run(run.directory).recommend([f"u{customer:03}" for customer in range(60)], k=3)
    same_taste = recommended["item"] % 3 == recommended["user"].str[1:].astype(int) % 3
    assert same_taste.mean() > 0.9
    assert folder == Path.cwd()


def test_the_document_names_every_field() -> None:
    table = DOCUMENT.read_text(encoding="utf-8").partition("## Fields")[2].partition("## Files")[0]
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]*)\|", table, flags=re.MULTILINE))))
    assert named == set(Table.model_fields) - {"name"}


def test_a_fault_stands_at_the_section_and_a_typo_at_its_key() -> None:
    put(recipe_in_the_document(), "mine.yaml")
    with pytest.raises(RecipeError) as error:
        load_recipe("mine.yaml", {"dataset.minrating": 3})
    assert "dataset.minrating: unknown key; did you mean 'min_rating'?" in str(error.value)
    with pytest.raises(RecipeError) as error:
        load_recipe("mine.yaml", {"dataset.rating": None})
    assert "dataset: min_rating needs ratings; name their column in rating" in str(error.value)


def test_the_command_line_describes_a_table(
    gnnrec: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "log.csv").write_text(SEEN)
    done = gnnrec("data", "describe", "table", "-s", "path=log.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"interactions +3\b", done.stdout)
    done = gnnrec("data", "describe", "table", "-s", "path=log.csv", "-s", "user=who")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "log.csv has no column 'who'; known: item, user\n"
    done = gnnrec("data", "describe", "table")
    assert (done.returncode, done.stderr) == (2, "dataset table  dataset.path: this is missing\n")
    done = gnnrec("data", "list")
    assert (done.returncode, "table" in done.stdout) == (0, False)
