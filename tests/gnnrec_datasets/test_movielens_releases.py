from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from movielens_releases import change, digest, message_of, zipped
from own_tables import pairs, values

from gnnrec_datasets.movielens import MovieLens
from gnnrec_datasets.movielens_releases import RELEASES

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec_datasets.movielens import Variant

pytest_plugins = ["real_data"]
pytestmark = pytest.mark.usefixtures("offline")

COMMA_SEPARATED: tuple[Variant, ...] = ("20m", "25m", "32m", "latest", "latest-small")

CSV = {
    "ratings.csv": b"userId,movieId,rating,timestamp\n2,30,4.5,100\n1,10,3.0,200\n",
    "movies.csv": 'movieId,title,genres\n10,"Am\u00e9lie, The (2001)",Comedy\n20,Unrated (1999),(no genres listed)\n'
    "30,Heat (1995),Action|Comedy\n".encode(),
    "tags.csv": b'userId,movieId,tag,timestamp\n2,30,"slow, good",150\n',
    "links.csv": b"movieId,imdbId,tmdbId\n10,0114709,862\n",
}
ML_10M = {
    "ratings.dat": b"2::30::4.5::100\n1::10::3::200\n",
    "movies.dat": "10::Am\u00e9lie, The (2001)::Comedy\n20::Unrated (1999)::(no genres listed)\n"
    "30::Heat (1995)::Action|Comedy\n".encode(),
    "tags.dat": b"2::30::slow, good::150\n",
}
ML_1M = {
    "ratings.dat": b"2::30::4::100\n1::10::3::200\n",
    "movies.dat": b"10::Am\xe9lie, The (2001)::Comedy\n20::Star Wars: Episode IV (1977)::Action\n"
    b'30::"Heat" (1995)::Action|Comedy\n',
    "users.dat": b"1::F::1::10::05201\n2::M::56::16::T8H1N\n",
}


def archive(variant: str, folder: Path, files: dict[str, bytes]) -> Path:
    """A small archive in a release's place."""
    form = RELEASES[variant].forms[0][0]
    content = zipped({f"{form.folder}{name}": each for name, each in files.items()})
    if form.sha256 is not None:
        change(variant, sha256=digest(content))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / form.name).write_bytes(content)
    return folder / form.name


@pytest.mark.parametrize("variant", [*COMMA_SEPARATED, "10m"])
def test_ratings_movies_and_tags_of_an_official_archive_are_read(
    variant: Variant, offline: Path, log: pytest.LogCaptureFixture
) -> None:
    place = archive(variant, offline, ML_10M if variant == "10m" else CSV)
    data = MovieLens(variant=(variant,)).load()
    assert data.source == f"MovieLens {variant} from {place}"
    assert data.chosen == {"variant": (variant,)}
    assert pairs(data) == [(1, 10), (2, 30)]
    assert (values(data.edges.weight), values(data.edges.time)) == ([3.0, 4.5], [200, 100])
    assert data.users.to_dict("list") == {"user": [1, 2]}
    assert data.items.to_dict("list") == {
        "item": [10, 30],
        "title": ["Amélie, The (2001)", "Heat (1995)"],
        "genres": [["Comedy"], ["Action", "Comedy"]],
        "year": [2001, 1995],
    }
    has_genre, has_tag, _ = data.relations
    assert (values(has_genre.source), values(has_genre.target)) == ([0, 1, 1], [1, 0, 1])
    assert data.tables["tag"]["tag"].tolist() == ["slow, good"]
    assert (values(has_tag.source), values(has_tag.by_user), values(has_tag.time)) == ([1], [1], [150])
    assert log.messages == []


def test_1m_is_latin_1_and_knows_users(offline: Path) -> None:
    archive("1m", offline, ML_1M)
    data = MovieLens(variant=("1m",)).load()
    assert pairs(data) == [(1, 10), (2, 30)]
    assert values(data.edges.weight) == [3.0, 4.0]
    assert data.users.to_dict("list") == {
        "user": [1, 2],
        "gender": ["F", "M"],
        "age": [1, 56],
        "occupation": ["10", "16"],
        "zip": ["05201", "T8H1N"],
    }
    assert data.items["title"].tolist() == ["Amélie, The (2001)", '"Heat" (1995)']
    assert [relation.name for relation in data.relations] == ["has_genre", "of_year"]


def test_every_release_but_the_latest_is_pinned_and_has_its_own_place() -> None:
    forms = [(variant, archive) for variant, release in RELEASES.items() for archive, _ in release.forms]
    assert [variant for variant, archive in forms if archive.sha256 is None] == ["latest"]
    assert len({archive.name for _, archive in forms}) == len(forms)
    official = {variant: release.forms[0][0] for variant, release in RELEASES.items()}
    assert official["10m"].unpacked == "ml-10M100K"
    assert {archive.unpacked for variant, archive in official.items() if variant != "10m"} == {
        f"ml-{variant}" for variant in RELEASES if variant != "10m"
    }


def test_an_archive_or_folder_of_another_release_is_named(tmp_path: Path) -> None:
    for variant, files in (("1m", ML_1M), ("25m", CSV)):
        place = archive(variant, tmp_path / variant, files)
        folder = tmp_path / f"ml-{variant}"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        for path in (place, folder, tmp_path / variant):
            found = message_of(MovieLens(path=str(path)))
            remedy = f"There is MovieLens {variant}; if it is meant, say so: dataset.variant: {variant}"
            assert found.splitlines()[2:] == [remedy]


def test_a_folder_that_is_called_otherwise_is_taken_for_what_is_asked(tmp_path: Path) -> None:
    for name, content in ML_1M.items():
        (tmp_path / name).write_bytes(content)
    assert len(MovieLens(variant=("1m",), path=str(tmp_path)).load()) == 2
    assert message_of(MovieLens(variant=("10m",), path=str(tmp_path))) == f"{tmp_path}: tags.dat is missing in it"
    remedy = "There is MovieLens 10m or 1m; if it is meant, say so: dataset.variant: 10m"
    assert message_of(MovieLens(path=str(tmp_path))).endswith(remedy)


REFUSED = [
    ("ratings.dat", b"1,10,5,100\n", "ratings.dat: 1 rows have no user id; row 1 has '1,10,5,100'"),
    ("ratings.dat", b"1::10::5::100\n2::10::5::1", None),
    ("ratings.dat", b"1::10::5::100\n2::10::5", "ratings.dat: 1 rows have no time; row 2 has nothing"),
    ("ratings.dat", b"1::10::5::100\n2::9007199254740993::5::1\n", ": 1 rows have no item id; row 2 has '9007"),
    ("ratings.dat", b"1::10::5::100\n1_0::10::5::100\n", "ratings.dat: 1 rows have no user id; row 2 has '1_0'"),
    ("ratings.dat", b"1::10::5::100::7\n", "ratings.dat is no table: its rows have more cells than the columns userId"),
    ("movies.dat", b"10::A::Drama\n10::A::b::Drama\n", "movies.dat is no table: Error tokenizing data. C error: Exp"),
    ("movies.dat", b"10::A::Drama\n10::A::Drama\n", "item 10 stands twice in the table of items"),
    ("users.dat", b"1::F::old::10::05201\n", "users.dat: 1 rows have no age; row 1 has 'old'"),
    ("users.dat", b"", "users.dat has no rows"),
]


@pytest.mark.parametrize(("name", "content", "message"), REFUSED, ids=range(len(REFUSED)))
def test_a_damaged_file_is_told(offline: Path, name: str, content: bytes, message: str | None) -> None:
    archive("1m", offline, ML_1M | {name: content})
    if message is None:  # cut within a number: nobody can tell
        assert len(MovieLens(variant=("1m",)).load()) == 2
    else:
        assert message in message_of(MovieLens(variant=("1m",)))


def test_an_archive_that_does_not_hold_its_folder_is_told(offline: Path) -> None:
    offline.mkdir(parents=True)
    place = offline / "ml-latest.zip"
    for content, message in (
        (zipped({"../ml-latest/ratings.csv": CSV["ratings.csv"]}), "ratings.csv is missing in it"),
        (b"PK", "this archive is damaged (File is not a zip file); move it away and fetch it again"),
    ):
        place.write_bytes(content)
        assert message_of(MovieLens(variant=("latest",))) == f"{place}: {message}"


def test_flags_of_genres_are_nought_or_one(tmp_path: Path) -> None:
    files = {
        "u.data": b"1\t10\t5\t100\n",
        "u.genre": b"Action|0\nComedy|1\n",
        "u.item": b"10|A (1990)|01-Jan-1990||u|1|0\n20|B (1990)|01-Jan-1990||u|1\n",
        "u.user": b"1|24|M|technician|05201\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    message = message_of(MovieLens(variant=("100k",), path=str(tmp_path)))
    assert message == f"{tmp_path}: u.item says of each genre 0 or 1; row 2 does not"
