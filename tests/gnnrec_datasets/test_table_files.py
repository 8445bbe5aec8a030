from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from own_tables import SEEN, ids, load, pairs, parquet, put, refusal

from gnnrec import Availability, DataError
from gnnrec_datasets.table import Table

pytest_plugins = ["working_folder"]

pytestmark = pytest.mark.usefixtures("working_folder")


def test_two_columns_are_a_data_set() -> None:
    data = load("user,item\n30,b\n10,c\n20,a\n10,a\n")
    assert pairs(data) == [(10, "a"), (10, "c"), (20, "a"), (30, "b")]
    assert ids(data) == ([10, 20, 30], ["a", "b", "c"])
    assert (data.edges.weight, data.edges.time, data.parts) == (None, None, None)
    assert (data.source, dict(data.chosen), data.relations) == ("log.csv", {}, ())


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
    working_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (working_folder / "data").mkdir()
    put(SEEN, "data/log.csv")
    monkeypatch.setenv("HOME", str(working_folder))
    monkeypatch.setenv("USERPROFILE", str(working_folder))
    for path in ("data/log.csv", "~/data/log.csv", str(working_folder / "data" / "log.csv")):
        assert len(Table(path=path).load()) == 3


def test_what_is_there_is_told_with_its_path(working_folder: Path) -> None:
    assert Table(path="log.csv").available() == (Availability("log.csv", None),)
    put(SEEN, "log.csv")
    assert Table(path="log.csv").available() == (Availability("log.csv", "log.csv"),)
    place = str(working_folder / "log.csv")
    assert Table(path=place).available() == (Availability(place, place),)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("{folder}/rating.csv", "there is no file {folder}/rating.csv; did you mean 'ratings.csv'?"),
        (".", ". is a folder; give the file in it that holds the table"),
        ("ratings.xlsx", "ratings.xlsx: a table is a file that ends in .csv, .csv.gz, .tsv, .txt or .parquet"),
    ],
)
def test_a_file_that_is_not_there_or_not_read_is_told(path: str, message: str, working_folder: Path) -> None:
    put(SEEN, "ratings.csv")
    put(SEEN, "ratings.xlsx")
    with pytest.raises(DataError) as error:
        Table(path=path.format(folder=working_folder)).load()
    assert str(error.value) == message.format(folder=working_folder)


def test_a_file_that_may_not_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root may read everything
    assert refusal(SEEN) == "log.csv cannot be read: Permission denied"


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
    pq.write_table(
        parquet(user=list(range(5000)), item=list(range(5000))),
        whole,
        compression="none",
        write_page_checksum=checksums,
    )
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
