from __future__ import annotations

import logging
import zipfile
from typing import TYPE_CHECKING, get_args

import pandas as pd
import pytest
from movielens_releases import WHEEL, change, digest, message_of, zipped
from own_tables import values
from toys import movielens_like

from gnnrec import Availability
from gnnrec_datasets.movielens import MovieLens, Variant

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
        (GOOD + b"1,102,4.0,\n", ": 1 rows have no time; row 2 has nothing"),
        (GOOD + b"1,102,4.0,1.5\n", ": 1 rows have no time; row 2 has '1.5'"),
        (GOOD + b"1,102,,5\n", ": 1 rows have no rating; row 2 has nothing"),
        (GOOD + b"1,102,inf,5\n", ": 1 rows have no rating; row 2 has 'inf'"),
        (GOOD + b"1,102,good,5\n", ": 1 rows have no rating; row 2 has 'good'"),
        (GOOD + b"\xff\xfe,102,4.0,5\n", "is no table: 'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_a_folder_whose_ratings_are_no_ratings_is_told(tmp_path: Path, content: bytes, message: str) -> None:
    folder = movielens_like(tmp_path / "folder")
    (folder / "ratings.csv").write_bytes(content)
    separator = "" if message.startswith(":") else " "
    assert message_of(MovieLens(path=str(folder))).startswith(f"{folder}: ratings.csv{separator}{message}")


U_DATA = b"2\t30\t5\t100\n1\t10\t3\t200\n2\t10\t1\t300\n"
U_GENRE = b"unknown|0\nAction|1\nComedy|2\n\n"
U_ITEM = (
    b"10|Am\xe9lie (2001) (V)|01-Jan-2001||http://x|0|0|1\n"
    b"20|Never Rated (1999)|01-Jan-1999||http://y|1|0|0\n"
    b'30|"Quoted"|01-Jan-1990||http://z|0|1|1\n'
)
U_USER = b"1|24|M|technician|05201\n2|53|F|other|T8H1N\n3|23|M|writer|32067\n"
USER = b"user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token\n" + U_USER.replace(b"|", b"\t")
INTER = b"user_id:token\titem_id:token\trating:float\ttimestamp:float\n" + U_DATA
ITEM = (
    "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    "10\tAmélie\t2001\tComedy\n20\tNever Rated\t1999\tunknown\n30\tQuoted\t\tAction Comedy\n"
).encode()


TAGS = """userId,movieId,tag,timestamp
2,104,Funny,50
2,104, funny ,40
1,102,1984,30
1,101,"null, void",20
1,101,null,10
1,101,funny,60
1,999,of no rated movie,70
99,101,by nobody who rated,80
3,101,   ,90
3,101,,90
"""


def tagged(folder: Path, text: str) -> MovieLens:
    (movielens_like(folder) / "tags.csv").write_text(text)
    return MovieLens(path=str(folder))


def test_tags_are_a_relation_by_users_with_times(tmp_path: Path) -> None:
    data = tagged(tmp_path / "folder", TAGS).load()
    names = data.tables["tag"]["tag"].tolist()
    assert names == ["1984", "funny", "null", "null, void"]
    has_genre, has_tag, _ = data.relations
    assert (has_genre.edge_type, has_genre.by_user, has_genre.time) == (("item", "has_genre", "genre"), None, None)
    assert has_tag.edge_type == ("item", "has_tag", "tag")
    columns = (has_tag.source, has_tag.target, has_tag.by_user, has_tag.time)
    rows = zip(*(values(column) for column in columns), strict=True)
    assert [(item + 101, names[tag], user + 1, time) for item, tag, user, time in rows] == [
        (101, "funny", 1, 60),
        (101, "null", 1, 10),
        (101, "null, void", 1, 20),
        (102, "1984", 1, 30),
        (104, "funny", 2, 40),
    ]


def test_a_folder_without_tags_is_loaded_without_them(tmp_path: Path) -> None:
    data = MovieLens(path=str(movielens_like(tmp_path / "folder"))).load()
    assert [relation.name for relation in data.relations] == ["has_genre", "of_year"]


def test_a_year_stands_at_the_end_of_a_title(tmp_path: Path) -> None:
    folder = movielens_like(tmp_path / "folder")
    titles = ["Blade Runner (1982)", '"2001 (a film)"', "Death Note (2006–2007)", "Toy Story (1995) "]
    rows = [f"{movie},{title},Drama" for movie, title in zip(range(101, 105), titles, strict=True)]
    (folder / "movies.csv").write_text("\n".join(["movieId,title,genres", *rows]), encoding="utf-8")
    data = MovieLens(path=str(folder)).load()
    assert data.items["year"].dropna().to_dict() == {0: 1982, 3: 1995}
    of_year = data.relations[-1]
    assert of_year.edge_type == ("item", "of_year", "year")
    assert data.tables["year"].to_dict("list") == {"year": [1982, 1995]}
    assert (values(of_year.source), values(of_year.target)) == ([0, 3], [0, 1])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x,101,funny,5", "1 rows have no user id; row 2 has 'x'"),
        ("1,,funny,5", "1 rows have no item id; row 2 has nothing"),
        ("1,101,funny,", "1 rows have no time; row 2 has nothing"),
        ("1,101,funny,NA", "1 rows have no time; row 2 has 'NA'"),
    ],
)
def test_tags_that_are_none_are_told(tmp_path: Path, row: str, message: str) -> None:
    dataset = tagged(tmp_path / "folder", f"userId,movieId,tag,timestamp\n1,101,funny,5\n{row}\n")
    assert message_of(dataset) == f"{tmp_path / 'folder'}: tags.csv: {message}"


def test_latest_small_has_what_its_files_say(movielens_folder: Path) -> None:
    with zipfile.ZipFile(movielens_folder / "ml-latest-small.zip") as archive:
        ratings, movies, tags = (
            pd.read_csv(archive.open(f"ml-latest-small/{name}.csv")) for name in ("ratings", "movies", "tags")
        )
    data = MovieLens(path=str(movielens_folder)).load()
    ratings = ratings.sort_values(["userId", "movieId"])
    found = data.to_table(data.edges)
    for column, name in (("user", "userId"), ("item", "movieId"), ("time", "timestamp"), ("weight", "rating")):
        assert found[column].tolist() == ratings[name].tolist()
    has_genre, has_tag, of_year = data.relations
    items, rated = data.items["item"].to_numpy(), movies[movies["movieId"].isin(ratings["movieId"])]
    genres = data.tables["genre"]["genre"].to_numpy()
    assert genres.tolist() == sorted(set("|".join(rated["genres"]).split("|")))
    assert len(genres) == 20  # with "(no genres listed)"
    assert set(zip(items[has_genre.source], genres[has_genre.target], strict=True)) == {
        (movie, genre)
        for movie, listed in zip(rated["movieId"], rated["genres"], strict=True)
        for genre in listed.split("|")
    }
    years = {movie: title.strip()[-5:-1] for movie, title in zip(rated["movieId"], rated["title"], strict=True)}
    known = {movie: int(year) for movie, year in years.items() if year.isdecimal()}
    known.pop(171749)  # Death Note: Desu nôto (2006–2007)
    assert (
        dict(zip(items[of_year.source], data.tables["year"]["year"].to_numpy()[of_year.target], strict=True)) == known
    )
    assert data.items["year"].isna().sum() == len(data.items) - len(of_year) == 13
    tags = tags[tags["movieId"].isin(ratings["movieId"])]
    tags["tag"] = [tag.strip().casefold() for tag in tags["tag"]]
    assert (len(tags), len(has_tag)) == (3662, 3662)
    assert has_tag.by_user is not None
    assert has_tag.time is not None
    users, names = data.users["user"].to_numpy(), data.tables["tag"]["tag"].to_numpy()
    columns = (users[has_tag.by_user], items[has_tag.source], names[has_tag.target], has_tag.time)
    assert set(zip(*columns, strict=True)) == set(tags.itertuples(index=False, name=None))


def official(folder: Path) -> Path:
    """A small ML-100K as GroupLens lays it out."""
    folder.mkdir(parents=True)
    for name, content in (("u.data", U_DATA), ("u.genre", U_GENRE), ("u.item", U_ITEM), ("u.user", U_USER)):
        (folder / name).write_bytes(content)
    return folder


def check_100k(data: Interactions, titles: list[str], years: dict[int, int]) -> None:
    """Years by the items' numbers."""
    assert data.users.to_dict("list") == {
        "user": [1, 2],
        "gender": ["M", "F"],
        "age": [24, 53],
        "occupation": ["technician", "other"],
        "zip": ["05201", "T8H1N"],
    }
    assert data.items["item"].tolist() == [10, 30]
    assert data.items["title"].tolist() == titles
    assert data.items["genres"].tolist() == [["Comedy"], ["Action", "Comedy"]]
    assert list(zip(data.edges.users, data.edges.items, strict=True)) == [(0, 0), (1, 0), (1, 1)]
    assert values(data.edges.weight) == [3, 1, 5]
    assert values(data.edges.time) == [200, 300, 100]
    has_genre, of_year = data.relations
    assert data.items["year"].dropna().to_dict() == years
    assert dict(zip(of_year.source, data.tables["year"]["year"].to_numpy()[of_year.target], strict=True)) == years
    assert has_genre.edge_type == ("item", "has_genre", "genre")
    assert data.tables["genre"].to_dict("list") == {"genre": ["Action", "Comedy"]}
    assert (values(has_genre.source), values(has_genre.target)) == ([0, 1, 1], [1, 0, 1])
    assert data.chosen == {"variant": ("100k",)}


def test_the_official_layout_of_100k_is_read(tmp_path: Path) -> None:
    data = MovieLens(variant=("100k",), path=str(official(tmp_path / "ml-100k"))).load()
    check_100k(data, ["Amélie (2001) (V)", '"Quoted"'], {0: 2001, 1: 1990})


def test_the_layout_of_100k_in_a_wheel_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "ml-100k"
    folder.mkdir()
    (folder / "ml-100k.inter").write_bytes(INTER)
    (folder / "ml-100k.item").write_bytes(ITEM)
    (folder / "ml-100k.user").write_bytes(USER)
    data = MovieLens(variant=("100k",), path=str(tmp_path)).load()
    check_100k(data, ["Amélie (2001)", "Quoted"], {0: 2001})
    assert data.source == f"MovieLens 100k from {folder}"


@pytest.mark.slow
def test_100k_is_had_from_a_package_when_the_host_is_out_of_reach(tmp_path: Path, offline: Path) -> None:
    about = "recbole-1.2.1.dist-info"
    wheel = zipped(
        {
            "recbole/dataset_example/ml-100k/ml-100k.inter": INTER,
            "recbole/dataset_example/ml-100k/ml-100k.item": ITEM,
            "recbole/dataset_example/ml-100k/ml-100k.user": USER,
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
    check_100k(data, ["Amélie (2001)", "Quoted"], {0: 2001})
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
    assert {each.place for each in MovieLens().available()} == {None}
    movielens_like(offline / "ml-latest-small")
    folder = official(tmp_path / "ml-100k")
    for path, variant, place in (
        (None, "latest-small", offline / "ml-latest-small"),
        (str(tmp_path), "100k", folder),
    ):
        found = [each for each in MovieLens(path=path).available() if each.place is not None]
        assert found == [Availability(variant, str(place))]
    assert [each.variant for each in MovieLens().available()] == list(get_args(Variant))
