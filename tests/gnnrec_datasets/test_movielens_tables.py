from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from movielens_releases import WHEEL, change, digest, message_of, zipped
from toys import movielens_like, pairs_of

from gnnrec import Availability
from gnnrec_datasets.movielens import MovieLens

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec import Interactions

pytest_plugins = ["real_data"]
pytestmark = pytest.mark.usefixtures("offline")

GOOD = b"userId,movieId,rating,timestamp\n1,101,4.0,5\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"user,movieId,rating\n1,2,3\n", "lacks the columns userId, timestamp; it has user, movieId, rating"),
        (b"userId,movieId,rating,timestamp\n", "has no rows"),
        (b"", "is no table: No columns to parse from file"),
        (GOOD + b",102,4.0,5\n", ": 1 rows have no user id; row 2 has nothing"),
        (GOOD + b"1,x,4.0,5\n1,y,4.0,5\n", ": 2 rows have no item id; row 2 has 'x'"),
        (GOOD + b"1.5,102,4.0,5\n", ": 1 rows have no user id; row 2 has '1.5'"),
        (GOOD + b"\xff\xfe,102,4.0,5\n", "is no table: 'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_a_folder_whose_ratings_are_no_ratings_is_told(tmp_path: Path, content: bytes, message: str) -> None:
    folder = movielens_like(tmp_path / "folder")
    (folder / "ratings.csv").write_bytes(content)
    separator = "" if message.startswith(":") else " "
    assert message_of(MovieLens(path=str(folder))).startswith(f"{folder}: ratings.csv{separator}{message}")


def test_ratings_without_a_timestamp_are_told(tmp_path: Path) -> None:
    folder = movielens_like(tmp_path / "folder")
    (folder / "ratings.csv").write_bytes(GOOD + b"1,102,4.0,\n")
    expected = f"MovieLens latest-small from {folder}: 1 rows have no timestamp; the first is row 2"
    assert message_of(MovieLens(path=str(folder))) == expected


U_DATA = b"2\t30\t5\t100\n1\t10\t3\t200\n2\t10\t1\t300\n"
U_GENRE = b"unknown|0\nAction|1\nComedy|2\n\n"
U_ITEM = (
    b"10|Am\xe9lie (2001)|01-Jan-2001||http://x|0|0|1\n"
    b"20|Never Rated (1999)|01-Jan-1999||http://y|1|0|0\n"
    b'30|"Quoted" (1990)|01-Jan-1990||http://z|0|1|1\n'
)
INTER = b"user_id:token\titem_id:token\trating:float\ttimestamp:float\n" + U_DATA
ITEM = (
    "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    "10\tAmélie\t2001\tComedy\n20\tNever Rated\t1999\tunknown\n30\tQuoted\t\tAction Comedy\n"
).encode()


def official(folder: Path) -> Path:
    """A small ML-100K as GroupLens lays it out."""
    folder.mkdir(parents=True)
    for name, content in (("u.data", U_DATA), ("u.genre", U_GENRE), ("u.item", U_ITEM)):
        (folder / name).write_bytes(content)
    return folder


def check_100k(data: Interactions, titles: list[str]) -> None:
    assert data.users["user"].tolist() == [1, 2]
    assert data.items["item"].tolist() == [10, 30]
    assert data.items["title"].tolist() == titles
    assert data.items["genres"].tolist() == [["Comedy"], ["Action", "Comedy"]]
    assert pairs_of(data.edges) == {(1, 1), (0, 0), (1, 0)}
    assert data.ratings is not None
    assert data.ratings.tolist() == [5, 3, 1]
    assert data.timestamps is not None
    assert data.timestamps.tolist() == [100, 200, 300]
    assert data.chosen == {"variant": ("100k",)}


def test_the_official_layout_of_100k_is_read(tmp_path: Path) -> None:
    data = MovieLens(variant=("100k",), path=str(official(tmp_path / "ml-100k"))).load()
    check_100k(data, ["Amélie (2001)", '"Quoted" (1990)'])


def test_the_layout_of_100k_in_a_wheel_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "ml-100k"
    folder.mkdir()
    (folder / "ml-100k.inter").write_bytes(INTER)
    (folder / "ml-100k.item").write_bytes(ITEM)
    data = MovieLens(variant=("100k",), path=str(tmp_path)).load()
    check_100k(data, ["Amélie (2001)", "Quoted"])
    assert data.source == f"MovieLens 100k from {folder}"


def test_100k_is_had_from_a_package_when_the_host_is_out_of_reach(tmp_path: Path, offline: Path) -> None:
    about = "recbole-1.2.1.dist-info"
    wheel = zipped(
        {
            "recbole/dataset_example/ml-100k/ml-100k.inter": INTER,
            "recbole/dataset_example/ml-100k/ml-100k.item": ITEM,
            f"{about}/METADATA": b"Metadata-Version: 2.1\nName: recbole\nVersion: 1.2.1\n",
            f"{about}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{about}/RECORD": b"",
        }
    )
    (tmp_path / "wheels" / WHEEL).write_bytes(wheel)
    message = message_of(MovieLens(variant=("100k",)))
    assert "  expected sha256 9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407\n" in message
    assert f"  got             {digest(wheel)}\n" in message
    change("100k", form=1, sha256=digest(wheel))
    data = MovieLens(variant=("100k",)).load()
    check_100k(data, ["Amélie (2001)", "Quoted"])
    assert data.source == f"MovieLens 100k from {offline / WHEEL}"
    (tmp_path / "wheels" / WHEEL).unlink()
    assert MovieLens(variant=("100k",)).load().fingerprint == data.fingerprint
    assert MovieLens(variant=("latest-small", "100k"), path=str(offline / WHEEL)).load().source == data.source


def test_the_first_variant_that_can_be_had_is_taken_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    official(tmp_path / "data" / "ml-100k")
    both = MovieLens(variant=("latest-small", "100k"), path=str(tmp_path / "data"))
    with caplog.at_level(logging.WARNING, "gnnrec"):
        assert both.load().chosen == {"variant": ("100k",)}
    (warning,) = caplog.messages
    assert warning == (
        "MovieLens latest-small cannot be had; taking 100k instead. Tried:\n"
        f"  path {tmp_path / 'data'}: no ml-latest-small.zip and no folder ml-latest-small"
    )
    caplog.clear()
    movielens_like(tmp_path / "data" / "ml-latest-small")
    assert both.load().chosen == {"variant": ("latest-small",)}
    assert caplog.messages == []


def test_what_is_at_hand_is_named_with_its_place(tmp_path: Path, offline: Path) -> None:
    nothing = (Availability("latest-small", None), Availability("100k", None))
    assert MovieLens().available() == nothing
    movielens_like(offline / "ml-latest-small")
    found = Availability("latest-small", str(offline / "ml-latest-small"))
    assert MovieLens().available() == (found, nothing[1])
    folder = official(tmp_path / "ml-100k")
    assert MovieLens(path=str(tmp_path)).available() == (nothing[0], Availability("100k", str(folder)))
