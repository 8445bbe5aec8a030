"""Files that nobody can read: endless, forbidden, cut off, changed while they are read, or out to do harm."""

from __future__ import annotations

import errno
import gzip
import io
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from movielens_releases import zipped
from own_tables import SEEN, pairs, parquet, put, refusal

from gnnrec import DataError
from gnnrec_datasets import table_bytes
from gnnrec_datasets.adjacency_list import AdjacencyList
from gnnrec_datasets.atomic import Atomic
from gnnrec_datasets.movielens import MovieLens
from gnnrec_datasets.table import Table
from gnnrec_datasets.table_parquet import ParquetFile
from gnnrec_datasets.table_text import Layout, TextFile

if TYPE_CHECKING:
    from gnnrec import Dataset

pytest_plugins = ["working_folder"]

pytestmark = pytest.mark.usefixtures("working_folder")

RATINGS = "userId,movieId,rating,timestamp\n1,10,4.5,100\n"
MOVIES = "movieId,title,genres\n10,Heat (1995),Drama\n"


def said(dataset: Dataset) -> str:
    with pytest.raises(DataError) as error:
        dataset.load()
    return str(error.value)


def forms() -> dict[str, Dataset]:
    """A data set of each kind, with its files written."""
    for folder in ("toy", "ml"):
        Path(folder).mkdir()
    put(SEEN, "log.csv")
    put("1 2 3\n2 3\n", "train.txt")
    put("user_id:token\titem_id:token\n1\t2\n", "toy/toy.inter")
    put(RATINGS, "ml/ratings.csv")
    put(MOVIES, "ml/movies.csv")
    return {
        "log.csv": Table(path="log.csv"),
        "train.txt": AdjacencyList(train="train.txt"),
        "toy/toy.inter": Atomic(path="toy"),
        "ml": MovieLens(path="ml"),
    }


def test_what_may_not_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made = forms()

    def refuse(*_: object, **__: object) -> object:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(io, "open", refuse)  # root may read everything
    monkeypatch.setattr(Path, "open", refuse)
    for name, dataset in made.items():
        what = "ml: ratings.csv" if name == "ml" else name
        assert said(dataset) == f"{what} cannot be read: Permission denied"


def test_a_file_of_parquet_that_may_not_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(pa.table({"user": [1], "item": [2]}), "log.parquet")

    def refuse(*_: object, **__: object) -> object:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(pq, "ParquetFile", refuse)  # it is opened natively
    assert said(Table(path="log.parquet")) == "log.parquet cannot be read: Permission denied"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("log.csv", b"x", "log.csv is no table: its first line has more than a million characters"),
        ("log.csv", b"1,", "log.csv is no table: its first line has more than a million characters"),
        ("log.txt", b"x", "log.txt is no table: its first line has more than a million characters"),
        (
            "log.csv",
            b'user,item\n1,"x',
            "log.csv is no table: it has a cell of more than a million characters; is a qu",
        ),
        (
            "log.csv",
            b"user,item\n1,",
            "log.csv is no table: it has a cell of more than a million characters; is a quot",
        ),
    ],
)
def test_a_line_without_an_end_is_told_at_once(name: str, content: bytes, message: str) -> None:
    begun = time.perf_counter()
    assert refusal(content + content[-2:] * 10_000_000, name).startswith(message)
    assert time.perf_counter() - begun < 5


def test_an_endless_list_and_an_endless_atomic_file_are_told() -> None:
    put("1 2\n" + "1 " * 9_000_000, "train.txt")
    assert said(AdjacencyList(train="train.txt")) == (
        "train.txt:2: this line has 18,000,000 characters; a line is a user's id and then the ids of their items: was "
        "the file written without line ends?"
    )
    Path("toy").mkdir()
    put("x" * 2_000_000, "toy/toy.inter")
    assert said(Atomic(path="toy")) == "toy/toy.inter is no table: its first line has more than a million characters"


def test_text_that_is_cut_in_the_middle_of_a_character_is_told(caplog: pytest.LogCaptureFixture) -> None:
    whole = "user,item\n1,Amélie\n2,Léon\n3,日本".encode()
    assert (
        refusal(whole[:-1])
        == "log.csv ends in the middle of a character: it was cut off; its last bytes are b'\\xe6\\x9c'"
    )
    assert not caplog.messages
    assert pairs(Table(path=put("user,item\n1,caf\xe9".encode("latin-1"), "latin.csv")).load()) == [(1, "café")]


@pytest.mark.parametrize("name", ["log.csv.gz", "log.zip"])
def test_an_archive_that_unpacks_to_too_much_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_bytes, "MOST_UNPACKED", 1000)
    content = SEEN.encode() + b"1,2\n" * 200_000
    packed = gzip.compress(content) if name.endswith("gz") else zipped({"log.csv": content})
    most = f"{table_bytes.MOST_RATIO * len(packed):,}"
    assert refusal(packed, name) == f"{name} unpacks to more than {most} bytes; unpack it yourself if that is right"


def test_no_member_of_an_archive_is_written_anywhere() -> None:
    evil = {"../evil.csv": SEEN.encode(), "/tmp/evil.csv": b""}  # noqa: S108 - it is not to be written
    for name, files in (("one.zip", {"../evil.csv": SEEN.encode()}), ("two.zip", evil)):
        put(zipped(files), name)
    assert len(Table(path="one.zip").load()) == 3
    assert said(Table(path="two.zip")) == (
        "two.zip holds 2 files (../evil.csv, /tmp/evil.csv); unpack it, and name the one that is meant"
    )
    members = {"ml-latest/ratings.csv": RATINGS, "ml-latest/movies.csv": MOVIES, "../evil.csv": "x"}
    put(zipped({member: text.encode() for member, text in members.items()}), "ml-latest.zip")
    assert len(MovieLens(path="ml-latest.zip", variant="latest").load()) == 1
    assert sorted(path.name for path in Path.cwd().parent.rglob("*") if path.is_file()) == [
        "ml-latest.zip",
        "one.zip",
        "two.zip",
    ]


def test_text_that_changes_while_it_is_read_is_what_it_was_first() -> None:
    file = TextFile(Path(put(SEEN, "log.csv")), Layout())
    assert file.columns == ["user", "item"]
    put("usr,itm,x\n", "log.csv")
    assert file.read(["user", "item"]).to_pydict() == {"user": ["1", "1", "2"], "item": ["2", "3", "3"]}


def test_parquet_that_is_cut_while_it_is_read_is_told() -> None:
    pq.write_table(parquet(user=list(range(100_000)), item=list(range(100_000))), "log.parquet", compression="none")
    file = ParquetFile(Path("log.parquet"))
    assert file.columns == ["user", "item"]
    with open("log.parquet", "r+b") as opened:  # noqa: PTH123 - the same file, and not another of its name
        opened.truncate(1000)
    with pytest.raises(DataError, match=r"^log\.parquet is a damaged Parquet file: "):
        file.read(["user"])


def test_a_file_that_goes_away_is_told() -> None:
    file = TextFile(Path(put(SEEN, "log.csv")), Layout())
    Path("log.csv").unlink()
    with pytest.raises(DataError, match=r"^log\.csv cannot be read: No such file or directory$"):
        file.read(["user"])


def test_a_folder_in_a_file_s_place_is_told() -> None:
    for name in ("train.txt", "toy", "toy/toy.inter", "ml", "ml/ratings.csv"):
        Path(name).mkdir()
    assert said(AdjacencyList(train="train.txt")) == ("train.txt is a folder; give the file in it that holds the table")
    assert said(Atomic(path="toy")).startswith("toy: there is no toy.inter, nor toy.train.inter; ")
    assert "no ml-latest-small.zip and no folder ml-latest-small" in said(MovieLens(path="ml"))
