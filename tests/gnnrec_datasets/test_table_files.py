from __future__ import annotations

import bz2
import gzip
import io
import logging
import lzma
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
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


def zipped(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


LINES = SEEN.partition("\n")[2]
NAMED = {"columns": ("user", "item")}


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
        ("log.csv", gzip.compress(SEEN.encode()), {}),
        ("log.csv.bz2", bz2.compress(SEEN.encode()), {}),
        ("log.csv.xz", lzma.compress(SEEN.encode()), {}),
        ("log.tsv.gz", gzip.compress(SEEN.replace(",", "\t").encode()), {}),
        ("log.zip", zipped(log=SEEN), {}),
        ("log.dat", SEEN.replace(",", "::"), {"separator": "::"}),
        ("log.csv", SEEN.replace(",", "::"), {"separator": "::"}),
        ("log.csv", SEEN.replace(",", " "), {"separator": "space"}),
        ("log.csv", SEEN.replace(",", ":"), {"separator": ":"}),
        ("log.csv", SEEN.replace(",", "…"), {"separator": "…"}),
        ("log.csv", SEEN.replace(",", "\t"), {"separator": "tab"}),
        ("log.csv", SEEN.replace(",", "\t"), {"separator": r"\t"}),
        ("log.csv", "  " + SEEN.replace(",", " \t  ").replace("\n", " \n  "), {"separator": "blanks"}),
        ("log.csv", SEEN.replace(",", "  "), {"separator": r"\s+"}),
        ("log.dat", LINES.replace(",", "::"), {"separator": "::", **NAMED}),
        ("log.csv", LINES, NAMED),
        ("log.csv", LINES.replace("\n", ",5\n"), {"columns": ("user", "item", "note")}),
        ("log.csv", "\ufeff" + LINES, NAMED),
        ("log.csv", SEEN.replace("\n", "\r"), {}),
        ("log.csv", SEEN.encode("utf-16"), {}),
        ("log.csv", SEEN.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        ("log.csv", SEEN.encode("utf-32"), {}),
        ("log.csv", "'user','item'\n'1','2'\n1,3\n2,3\n", {"quote": "single"}),
        ("log.csv", "\ufeff" + SEEN, {}),
        ("log.csv", SEEN.replace("\n", "\r\n") + "\r\n\r\n", {}),
        ("log.csv", '"user","item"\n"1","2"\n"1","3"\n"2","3"', {}),
        ("log.csv", 'user,item,note\n1,2,"a,\n""b"""\n1,3,\n2,3,c', {}),
    ],
)
def test_each_form_of_a_file_gives_the_same_data(name: str, content: str | bytes | pa.Table, fields: Any) -> None:
    assert load(content, name, **fields).fingerprint == load(SEEN, "plain.csv").fingerprint


def test_times_and_ratings_are_the_same_from_each_form_to_the_last_bit() -> None:
    text = "user,item,rating,time\n1,a,0.1,1700000000\n1,b,4.5,1699999999\n2,a,3,1600000000\n"
    frame = pd.read_csv(io.StringIO(text))
    fields = {"rating": "rating", "timestamp": "time"}
    forms: dict[str, tuple[str | bytes | pa.Table, dict[str, Any]]] = {
        "log.tsv": (text.replace(",", "\t"), fields),
        "log.dat": (text.partition("\n")[2].replace(",", "::"), {"separator": "::", "columns": tuple(frame.columns)}),
        "log.csv.gz": (gzip.compress(text.encode()), fields),
        "log.parquet": (pa.Table.from_pandas(frame), fields),
        "dated.parquet": (pa.Table.from_pandas(frame.assign(time=pd.to_datetime(frame["time"], unit="s"))), fields),
        "comma.csv": (text.replace(",", ";").replace(".", ","), {**fields, "separator": ";", "decimal": ","}),
        "ms.csv": (frame.assign(time=frame["time"] * 1000).to_csv(index=False), fields),
    }
    whole = load(text, **fields).fingerprint
    for name, (content, said) in forms.items():
        assert load(content, name, **said).fingerprint == whole, name


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


NO_TABLE = "{}: a table is text (.csv, .tsv, …), packed or not, or Parquet; {} is not read"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "{folder}/rating.csv",
            "there is no file {folder}/rating.csv, which dataset.path names; did you mean 'ratings.csv'?",
        ),
        ("empty", "empty is a folder without files"),
        ("both", "both: both/a.csv is text and both/b.parquet is Parquet; give files of one kind"),
        (
            "ratings.xlsx",
            (
                f"{NO_TABLE.format('ratings.xlsx', '.xlsx')}: save its sheet as CSV, or in Python: "
                "pandas.read_excel('ratings.xlsx').to_parquet('table.parquet')"
            ),
        ),
        (
            "r.jsonl",
            (
                f"{NO_TABLE.format('r.jsonl', '.jsonl')}: in Python: "
                "pandas.read_json('r.jsonl', lines=True).to_parquet('table.parquet')"
            ),
        ),
    ],
)
def test_a_file_that_is_not_there_or_not_read_is_told(path: str, message: str, working_folder: Path) -> None:
    put(SEEN, "ratings.csv")
    put(SEEN, "ratings.xlsx")
    put(SEEN, "r.jsonl")
    for folder in ("empty", "both"):
        (working_folder / folder).mkdir()
    put(SEEN, "both/a.csv")
    put(parquet(user=[1], item=[2]), "both/b.parquet")
    put(SEEN, "both/_SUCCESS")
    with pytest.raises(DataError) as error:
        Table(path=path.format(folder=working_folder)).load()
    assert str(error.value) == message.format(folder=working_folder)


def test_a_file_that_may_not_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root may read everything
    assert refusal(SEEN) == "log.csv cannot be read: Permission denied"


HUGE_CELL = " is no table: it has a cell of more than a million characters; is a quote never closed?"
OPEN = (
    " is no table: a quote that opens in row {} is never closed; "
    "where quotes are characters like any other, say dataset.quote: none"
)
NO_TEXT = "it was cut off or damaged, or its encoding is another: dataset.encoding: utf-16-le names one"
CUT_SHORT = " is no gzip archive, or is cut short: Compressed file ended before the end-of-stream marker was reached"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("log.csv", "", " is empty"),
        ("log.csv", "\n \n", " is empty"),
        ("log.csv", b"\xff\xfe", " is empty"),
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
        ("log.csv", 'user,item\n1,2\n1,"3\n2,3\n', OPEN.format(2)),
        ("log.csv", 'user,item,note\n1,2,"\n1,3,\n', OPEN.format(1)),
        ("log.csv", 'user,item,note\n1,"2,\n1,3,\n', OPEN.format(1)),
        ("log.csv", 'user,item\n1,"' + "1,2\n" * 700_000 + '"', HUGE_CELL),
        ("log.csv", SEEN.encode("utf-16")[:-1], " is no utf-16-le text: line 4 holds b'\\n'"),
        ("log.csv", SEEN.encode("utf-16-le"), f" is no text: line 1 holds a NUL byte; {NO_TEXT}"),
        (
            "log.csv",
            "user,item\nпёс,1\nсон,2\n".encode("cp1251") + b"\x81",
            (
                " is neither UTF-8 nor cp1252 text: line 4 holds b'\\x81'; name its encoding in dataset.encoding, such "
                "as shift_jis or cp1251"
            ),
        ),
        ("log.csv", b"user,item\n1,2\n\x00\x00,\x00", f" is no text: line 3 holds a NUL byte; {NO_TEXT}"),
        ("log.csv.gz", SEEN, " is no gzip archive: it begins with b'user'"),
        ("log.csv", gzip.compress(SEEN.encode())[:-9], CUT_SHORT),
        ("log.csv.bz2", bz2.compress(SEEN.encode())[:-9], CUT_SHORT.replace("gzip", "bzip2")),
        ("log.zip", zipped(a=SEEN, b=SEEN), " holds 2 files (a, b); unpack it, and name the one that is meant"),
        (
            "log.zip",
            zipped(a=SEEN)[:-9],
            " is no zip archive that can be read, or is cut short: File is not a zip file",
        ),
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


HEADERLESS = (
    ": if that is no header, name the columns in their order, such as dataset.columns: [user, item, rating, time]"
)
ONLY = " has no column 'user'; its only column is 'user"
LISTS = "; if it is a user and then their items, it is a dataset adjacency_list"
IS_IT = ": is dataset.separator"


@pytest.mark.parametrize(
    ("content", "fields", "message"),
    [
        ("usr,item\n1,2\n", {}, " has no column 'user'; did you mean 'usr'?"),
        (" usr, item\n1,2\n", {}, " has no column 'user'; did you mean 'usr'?"),
        ("1,4,5\n1,5,3\n", {}, f" has no column 'user'; its first row is 1, 4, 5{HEADERLESS}"),
        ("1 4 5\n1 5 3\n", {"separator": " "}, f" has no column 'user'; its first row is 1, 4, 5{HEADERLESS}{LISTS}"),
        (SEEN.replace(",", "::"), {"separator": ";"}, f"{ONLY}::item'{IS_IT} '::'?"),
        (SEEN.replace(",", "  "), {}, f"{ONLY}  item'{IS_IT} blanks?"),
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


def test_what_is_found_is_told_and_what_is_sure_is_not(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    latin = "user,item\nJosé,1\nAnna,2\n".encode("latin-1")
    assert ids(load(latin))[0] == ["Anna", "José"]
    assert ids(load(latin, encoding="latin-1"))[0] == ["Anna", "José"]
    assert ids(load("user;item;x\n1;2;3\n", "log.txt"))[0] == [1]
    assert ids(load("user  item\n1 2\n", "u.data"))[0] == [1]
    assert caplog.messages == [
        "log.csv is not UTF-8; read as cp1252, line 2 has 'José,1'; dataset.encoding names another",
        "log.txt: cells are taken to be separated by ';'",
        "u.data: cells are taken to be separated by blanks",
    ]


def test_a_column_that_is_called_by_a_number_is_told(caplog: pytest.LogCaptureFixture) -> None:
    assert pairs(load("1,4\n2,5\n", user="1", item="4")) == [(2, 5)]
    assert caplog.messages == [
        (
            "log.csv: its first row, in which '1' stands, is taken as a header; if it is none, name the columns in "
            "dataset.columns"
        )
    ]


def test_quotes_are_doubled_or_escaped_or_mean_nothing() -> None:
    put('item,title\n2,"a ""b"", c"\n3,"5\\"\n', "doubled.csv")
    put('item,title\n2,"a \\"b\\", c"\n3,\\N\n', "escaped.csv")
    put('item|title\n2|"Great" b\n3|5" c\n', "bare.csv")
    titles = [load(SEEN, items=f"{name}.csv").items["title"].tolist() for name in ("doubled", "escaped")]
    assert titles[0] == ['a "b", c', "5\\"]
    assert titles[1][0] == 'a "b", c'
    assert pd.isna(titles[1][1])
    bare = load(SEEN.replace(",", "|"), items="bare.csv", separator="|", quote="none")
    assert bare.items["title"].tolist() == ['"Great" b', '5" c']


def test_several_files_are_one_table(working_folder: Path) -> None:
    (working_folder / "parts").mkdir()
    (working_folder / "days").mkdir()
    for number, line in enumerate(LINES.splitlines()):
        put(f"user,item\n{line}\n", f"parts/part-{number}.csv")
        user, item = map(int, line.split(","))
        column = pa.array([user], pa.int32() if number else pa.int64())
        put(parquet(item=[item], user=column), f"days/{number}.parquet")
    put("", "parts/_SUCCESS")
    whole = load(SEEN).fingerprint
    for path in ("parts", "parts/*.csv", "days", "days/?.parquet", str(working_folder / "parts" / "*")):
        if not path.endswith("*"):
            assert Table(path=path).load().fingerprint == whole
    more = ("parts/part-1.csv", "parts/part-2.csv")
    assert Table(path="parts/part-0.csv", more=more).load().fingerprint == whole


def test_a_fault_in_one_of_several_files_is_told_with_that_file() -> None:
    put("user,item\n1,2\n", "a1.csv")
    put("user,item\n1,3\n,4\n", "a2.csv")
    assert refusal(SEEN, "other.csv", more=("a*.csv",)).startswith(
        "other.csv: 1 rows have no user id; the first is row 2 of a2.csv; "
    )
    put("usr,item\n1,2\n", "a2.csv")
    assert refusal(SEEN, "other.csv", more=("a*.csv",)) == "a2.csv has no column 'user'; did you mean 'usr'?"
    put(parquet(user=[1], item=[2]), "b1.parquet")
    said = refusal(parquet(user=["x"], item=[2]), "b2.parquet", more=("b1.parquet",))
    assert (
        said
        == "b2.parquet: column 'user' holds string in b2.parquet and int64 in b1.parquet; write it alike in all files"
    )


def test_rows_of_a_file_without_a_header_count_from_its_first_line() -> None:
    assert refusal("1,2\n1,2,3\n", **NAMED) == (
        "log.csv: 1 rows do not have the 2 cells that dataset.columns names; row 2 has 3: '1,2,3'"
    )
    assert refusal("1::2\n::3\n", separator="::", **NAMED).startswith(
        "log.csv: 1 rows have no user id; the first is row 2; "
    )


def test_columns_may_stand_in_the_names_of_folders(caplog: pytest.LogCaptureFixture) -> None:
    log = pd.DataFrame(
        {
            "user": [1, 1, 2, 2],
            "item": ["a", "b", "a", "b"],
            "day": ["2024-01-01", "2024-01-02", "2024-01-02", "2024-01-02"],
            "event": ["buy", "add to cart", "buy", "buy"],
        }
    )
    log.to_parquet("events", partition_cols=["day", "event"])
    log.to_csv("log.csv", index=False)
    fields: dict[str, Any] = {"timestamp": "day", "event": "event", "target": "buy"}
    assert Table(path="events", **fields).load().fingerprint == Table(path="log.csv", **fields).load().fingerprint
    pattern = Table(path="events/day=2024-01-02/*/*.parquet", user="user", timestamp="day").load()
    assert pairs(pattern) == [(1, "b"), (2, "a"), (2, "b")]
    with caplog.at_level(logging.INFO):
        Table(path="events", timestamp="day").load()
    assert "events: columns that are not read: event" in caplog.messages
    with pytest.raises(DataError, match=r"has no column 'dya'; did you mean 'day'\?$"):
        Table(path="events", timestamp="dya").load()


def test_text_lies_in_such_folders_too_and_nothing_is_missing() -> None:
    for user in ("7", "__HIVE_DEFAULT_PARTITION__"):
        Path(f"log/user={user}").mkdir(parents=True)
        put("item\n1\n2\n", f"log/user={user}/part-0.csv")
    with pytest.raises(DataError) as error:
        Table(path="log").load()
    assert str(error.value) == (
        "log: 2 rows have no user id; the first is row 1 of log/user=__HIVE_DEFAULT_PARTITION__/part-0.csv; "
        "dataset.missing: drop leaves such rows out"
    )
    assert pairs(Table(path="log", missing="drop").load()) == [(7, 1), (7, 2)]
