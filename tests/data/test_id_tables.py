from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gnnrec import DataError
from gnnrec.data.id_tables import read_id_lines, read_id_table

pytest_plugins = ["working_folder"]

pytestmark = pytest.mark.usefixtures("working_folder")

BIG = "76561198000000003"


def read(content: str | bytes | pd.DataFrame, name: str = "ids.csv", **options: Any) -> pd.DataFrame:
    if isinstance(content, pd.DataFrame):
        content.to_parquet(name)
    else:
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    if name.endswith(".txt"):
        return read_id_lines(name, "item")
    return read_id_table(name, "candidates", "item", **options)


def refusal(content: str | bytes | pd.DataFrame, name: str = "ids.csv", **options: Any) -> str:
    with pytest.raises(DataError) as error:
        read(content, name, **options)
    return str(error.value)


@pytest.mark.parametrize("name", ["ids.csv", "ids.csv.gz", "ids.txt"])
def test_ids_stay_as_they_stand(name: str) -> None:
    said = ["007", BIG, "12345678901234567890123", "1_0", "True", "é", "7.5"]
    lines = said if name == "ids.txt" else ["item", *said]
    content = "\n".join([*lines[:-1], f" {lines[-1]}\t"]).encode()
    assert read(gzip.compress(content) if name.endswith(".gz") else content, name)["item"].tolist() == said


def test_whole_numbers_that_once_had_a_gap_are_whole_numbers() -> None:
    assert read("item\n1.0\n20.0\n")["item"].tolist() == ["1", "20"]
    assert read("item\n1.0\nB2\n")["item"].tolist() == ["1.0", "B2"]


@pytest.mark.parametrize("ids", [[7, 2**62 + 1], ["007", BIG], [7.0, 8.5], pd.Categorical(["a", "b"])])
def test_ids_in_parquet_are_what_they_are(ids: Any) -> None:
    assert read(pd.DataFrame({"item": ids}), "ids.parquet")["item"].tolist() == list(ids)


def test_other_columns_are_numbers_unless_text_is_wanted() -> None:
    content = "item,user,rank,genre\n1,007,1,007\n2,NA7,2,\n"
    table = read(content)
    assert (table["user"].tolist(), table["rank"].tolist()) == (["007", "NA7"], [1, 2])
    as_text = read(content, as_text=True)
    assert (as_text["rank"].tolist(), as_text["genre"].tolist()[:1]) == (["1", "2"], ["007"])
    assert pd.isna(as_text["genre"].iloc[1])


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("item\n1\n NA \n\\N\n", "ids.csv", "ids.csv: 2 rows have no item id; the first is row 2"),
        ("item,user\n1,5\n2,\n", "ids.csv", "ids.csv: 1 rows have no user id; the first is row 2"),
        ("7\nNULL\n", "ids.txt", "ids.txt: 1 rows have no item id; the first is row 2"),
        (
            pd.DataFrame({"item": [1, None, 3]}),
            "ids.parquet",
            "ids.parquet: 1 rows have no item id; the first is row 2",
        ),
        (
            "item\n1\n7.65612E+16\n",
            "ids.csv",
            "ids.csv: 1 item ids are rounded numbers; row 2 has '7.65612E+16'; a spreadsheet has cut it",
        ),
        (
            pd.DataFrame({"item": [b"7"]}),
            "ids.parquet",
            "ids.parquet: column 'item' holds bytes; ids are whole numbers or text",
        ),
        (
            pd.DataFrame({"item": [True]}),
            "ids.parquet",
            "ids.parquet: column 'item' holds boolean; ids are whole numbers or text",
        ),
        ("itm\n1\n", "ids.csv", "ids.csv has no column 'item'; did you mean 'itm'?"),
        ("item\n1,2\n", "ids.csv", "ids.csv cannot be read: its rows have more cells than its first line has names"),
        ("item\n\xe9\n".encode("latin-1"), "ids.csv", "ids.csv cannot be read: 'utf-8' codec can't decode byte 0xe9"),
        ("item\n1\n", "ids.csv.gz", "ids.csv.gz cannot be read: Not a gzipped file (b'it')"),
        (gzip.compress(b"item\n1\n" * 99)[:-9], "ids.csv.gz", "ids.csv.gz cannot be read: Compressed file ended befo"),
        ("", "ids.csv", "ids.csv cannot be read: No columns to parse from file"),
        (b"PAR1", "ids.parquet", "ids.parquet cannot be read: "),
    ],
)
def test_what_is_no_table_of_ids_is_told(content: Any, name: str, message: str) -> None:
    assert refusal(content, name).startswith(message)
