from __future__ import annotations

import logging
import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd
import platformdirs
import pyarrow as pa
import pytest
from own_tables import SEEN, ids, load, parquet, put, refusal

from gnnrec.data import parsed
from gnnrec_datasets.table import Table
from gnnrec_datasets.table_text import TextFile

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["working_folder"]

pytestmark = pytest.mark.usefixtures("working_folder")


def test_what_is_known_of_items_and_users_is_in_their_tables() -> None:
    put("name,item,genres,year,zip,note\n2001,3,4,1999,01234,None\n1984,2,a|b,NA,99999,x\n2010,9,,,,\n", "items.csv")
    put("age\tuser\n30\t2\n20\t1\n", "users.tsv")
    data = load(SEEN, items="items.csv", title="name", users="users.tsv")
    assert data.users.to_dict("list") == {"user": [1, 2], "age": [20, 30]}
    items = data.items
    assert items.columns.tolist() == ["item", "title", "genres", "year", "zip", "note"]
    assert items["item"].tolist() == [2, 3]
    assert items["title"].tolist() == ["1984", "2001"]
    assert items["genres"].tolist() == ["a|b", "4"]
    assert items["zip"].tolist() == ["99999", "01234"]
    assert items["note"].iloc[0] == "x"
    assert pd.isna(items["note"].iloc[1])
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


def test_what_programs_write_for_nothing_is_no_label() -> None:
    rows = [("2", "NULL", " tea "), ("3", "a", r"\N")]
    put("item,title,kind\n" + "".join(",".join(row) + "\n" for row in rows), "items.csv")
    item, title, kind = zip(*rows, strict=True)
    put(parquet(item=item, title=title, kind=pa.array(kind).dictionary_encode()), "items.parquet")
    for name in ("items.csv", "items.parquet"):
        items = load(SEEN, items=name).items
        assert items.isna().to_numpy().tolist() == [[False, True, False], [False, False, True]]
        assert (items["title"].iloc[1], items["kind"].iloc[0]) == ("a", "tea")


def test_items_that_the_table_lacks_are_counted_in_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    put("item,title\n2,two\n7,seven\n", "items.csv")
    with caplog.at_level(logging.WARNING):
        data = load(SEEN, items="items.csv")
    assert data.items["title"].isna().tolist() == [False, True]
    assert caplog.messages == ["items.csv: 1 of 2 items are not in it"]


COMMAND = "gnnrec recommend RUN --new-items FILE"


def test_what_has_no_interaction_is_counted_with_how_it_is_recommended(caplog: pytest.LogCaptureFixture) -> None:
    put("item,title\n2,two\n3,three\n7,seven\n8,eight\n", "items.csv")
    put("user,age\n1,20\n2,30\n9,40\n", "users.csv")
    with caplog.at_level(logging.INFO):
        load(SEEN, items="items.csv", users="users.csv")
    assert caplog.messages == [
        "users.csv: 1 of 3 users have no interaction and are left out",
        f"items.csv: 2 of 4 items have no interaction and are left out; {COMMAND} recommends such",
    ]


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
        (
            "item,title\n2,a\n3,b\n2,c\n",
            {},
            "items.csv: 1 rows are of items that stood before; 2 stands in row 1 and in row 3; keep one row of each",
        ),
        (
            "item,title\n2,a\n,b\n",
            {},
            "items.csv: 1 rows have no item id; the first is row 2; dataset.missing: drop leaves such rows out",
        ),
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


def test_rows_without_an_id_are_left_out_where_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    put("item,title\n,nobody\n2,two\n3,three\n3,again\n", "items.csv")
    assert refusal(SEEN, items="items.csv", missing="drop") == (
        "items.csv: 1 rows are of items that stood before; 3 stands in row 3 and in row 4; keep one row of each"
    )
    put("item,title\n,nobody\n2,two\n3,three\n", "items.csv")
    assert load(SEEN, items="items.csv", missing="drop").items["title"].tolist() == ["two", "three"]
    assert caplog.messages[-1] == "items.csv: 1 of 3 rows are left out: 1 without item"


def test_a_table_of_nodes_without_a_header_is_told_with_the_field_that_names_its_columns() -> None:
    put("2|two\n3|3\n", "items.dat")
    said = refusal(SEEN.replace(",", "|"), separator="|", items="items.dat")
    assert said == (
        "items.dat has no column 'item'; its first row is 2, two: if that is no header, name the columns in their "
        "order, such as dataset.items_columns: [item, title, genres]"
    )
    put("2|two|x\n", "items.dat")
    said = refusal(SEEN.replace(",", "|"), separator="|", items="items.dat", items_columns=("item", "title"))
    assert said == (
        "items.dat: 1 rows do not have the 2 cells that dataset.items_columns names; row 1 has 3: '2|two|x'"
    )


def test_a_table_of_nodes_that_is_not_there_is_told(working_folder: Path) -> None:
    said = refusal(SEEN, users="user.csv")
    assert said.startswith(
        f"there is no file user.csv, which dataset.users names: it was looked for in the working folder "
        f"{working_folder}, below "
    )


def test_a_large_file_is_parsed_once_until_any_of_its_files_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(parsed, "LEAST", 1)
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: str(tmp_path / "cache" / name))
    read: list[Path] = []
    of_files = TextFile._content.func  # type: ignore[attr-defined]
    content = cached_property(lambda self: read.append(self.path) or of_files(self))
    content.__set_name__(TextFile, "_content")
    monkeypatch.setattr(TextFile, "_content", content)
    put(SEEN, "log.csv")
    put("item,title\n2,x\n3,y\n", "items.csv")
    put("1\t2\n2\t1\n", "trust.txt")
    fields: dict[str, Any] = {
        "path": "log.csv",
        "items": "items.csv",
        "relations": ({"path": "trust.txt", "source": "user", "name": "trusts", "target": "user", "header": False},),
    }
    first = Table(**fields).load()
    said = caplog.messages[:]
    assert {path.name for path in read} == {"log.csv", "items.csv", "trust.txt"}
    read.clear()
    caplog.clear()
    again = Table(**fields).load()
    assert (again.fingerprint, again.source, caplog.messages, read) == (first.fingerprint, first.source, said, [])
    put("item,title\n2,x\n3,z\n", "items.csv")
    os.utime("items.csv", (1, 1))
    assert Table(**fields).load().items["title"].tolist() == ["x", "z"]
    read.clear()
    Table(**fields, cache=False).load()
    assert read
