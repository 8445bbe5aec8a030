from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from movielens_releases import NOWHERE, WHEEL, change, digest, message_of, zipped
from toys import movielens_like, pairs_of

from gnnrec_datasets import movielens_load
from gnnrec_datasets.movielens import MovieLens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gnnrec import Interactions

pytest_plugins = ["real_data"]

pytestmark = pytest.mark.usefixtures("offline")

REAL_SHA256 = "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436"


@pytest.fixture
def archive(tmp_path: Path) -> bytes:
    """A small latest-small, pinned in the place of the official one."""
    folder = movielens_like(tmp_path / "made")
    content = zipped({f"ml-latest-small/{path.name}": path.read_bytes() for path in sorted(folder.iterdir())})
    change("latest-small", sha256=digest(content))
    return content


@pytest.fixture
def serve() -> Iterator[Callable[..., list[str]]]:
    """Serve some bytes at whatever path, as the host of both releases; gives the list of paths asked for.

    So many requests are answered `together`, no sooner than all of them have come.
    """
    servers = []

    def serve(content: bytes, together: int = 1) -> list[str]:
        asked: list[str] = []
        barrier = threading.Barrier(together, timeout=60)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                barrier.wait()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        for variant, release in movielens_load.RELEASES.items():
            change(variant, url=f"http://127.0.0.1:{server.server_port}/files/{release.forms[0][0].name}")
        return asked

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def is_checkerboard(data: Interactions) -> bool:
    return pairs_of(data.edges) == {(user, item) for user in range(12) for item in range(16) if (user + item) % 2 == 0}


def test_it_is_downloaded_once_and_then_taken_from_the_cache(
    archive: bytes, serve: Callable[[bytes], list[str]], offline: Path
) -> None:
    asked = serve(archive)
    data = MovieLens().load()
    assert is_checkerboard(data)
    assert data.source == f"MovieLens latest-small from {offline / 'ml-latest-small.zip'}"
    assert data.chosen == {"variant": ("latest-small",)}
    assert MovieLens().load().fingerprint == data.fingerprint
    assert asked == ["/files/ml-latest-small.zip"]


def test_the_official_archive_is_the_one_that_is_pinned(
    movielens_folder: Path, serve: Callable[[bytes], list[str]], offline: Path
) -> None:
    asked = serve((movielens_folder / "ml-latest-small.zip").read_bytes())
    data = MovieLens().load()
    assert (data.edges.num_users, data.edges.num_items, len(data)) == (610, 9_724, 100_836)
    assert asked == ["/files/ml-latest-small.zip"]
    assert digest((offline / "ml-latest-small.zip").read_bytes()) == REAL_SHA256


LOADED = """
import sys
from dataclasses import replace
from gnnrec_datasets.movielens import MovieLens
from gnnrec_datasets.movielens_load import RELEASES
(archive, parse), = RELEASES["latest-small"].forms
archive = replace(archive, url=sys.argv[1], sha256=sys.argv[2])
RELEASES["latest-small"] = replace(RELEASES["latest-small"], forms=((archive, parse),))
print(MovieLens().load().source)
"""


def test_two_processes_may_fetch_into_one_cache_at_once(
    archive: bytes, serve: Callable[..., list[str]], tmp_path: Path
) -> None:
    asked = serve(archive, together=2)
    url = movielens_load.RELEASES["latest-small"].forms[0][0].url
    command = [sys.executable, "-c", LOADED, str(url), digest(archive)]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "shared")}
    begun = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    place = tmp_path / "shared" / "gnnrec" / "ml-latest-small.zip"
    for process in begun:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, f"MovieLens latest-small from {place}\n"), err
    assert asked == ["/files/ml-latest-small.zip"] * 2
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert place.read_bytes() == archive


def test_a_download_with_another_checksum_is_not_kept(
    archive: bytes, serve: Callable[[bytes], list[str]], offline: Path
) -> None:
    serve(archive[:-10])
    message = message_of(MovieLens())
    assert "/files/ml-latest-small.zip: what was downloaded has another checksum\n" in message
    assert not offline.exists() or list(offline.iterdir()) == []


def test_a_truncated_archive_is_told_with_both_checksums(archive: bytes, tmp_path: Path) -> None:
    broken = tmp_path / "ml-latest-small.zip"
    broken.write_bytes(archive[:-10])
    assert message_of(MovieLens(path=str(tmp_path))) == (
        f"{broken}: this is not the ml-latest-small.zip that was published, or it is truncated\n"
        f"  expected sha256 {digest(archive)}\n  got             {digest(archive[:-10])}\n"
        "Move it away to have it fetched again; or, if you trust your file, unpack it and give the folder."
    )


def test_a_table_of_one_s_own_is_never_called_a_broken_archive(tmp_path: Path) -> None:
    mine = tmp_path / "ratings.csv"
    mine.write_text("user,item\n1,2\n")
    how = f"a table of your own is read with -s dataset.name=table -s dataset.path={mine}"
    assert message_of(MovieLens(path=str(mine))) == f"{mine} is no ml-latest-small.zip, nor any archive; {how}"
    in_a_folder = message_of(MovieLens(path=str(tmp_path)))
    assert in_a_folder == (
        f"{tmp_path}: ratings.csv lacks the columns userId, movieId, rating, timestamp; it has user, item; {how}"
    )


def test_an_archive_is_found_by_its_own_path_and_by_its_folder_s(archive: bytes, tmp_path: Path) -> None:
    for name in ("ml-latest-small.zip", "renamed.zip"):
        (tmp_path / name).write_bytes(archive)
        assert is_checkerboard(MovieLens(path=str(tmp_path / name)).load())
    data = MovieLens(path=str(tmp_path)).load()
    assert data.source == f"MovieLens latest-small from {tmp_path / 'ml-latest-small.zip'}"


def test_an_archive_that_is_damaged_or_lacks_a_file_is_told(tmp_path: Path) -> None:
    target = tmp_path / "ml-latest-small.zip"
    lacking = zipped({"ml-latest-small/ratings.csv": b"userId,movieId,rating,timestamp\n1,2,3,4\n"})
    for content, message in (
        (b"PK no more", "this archive is damaged (File is not a zip file); move it away and fetch it again"),
        (lacking, "movies.csv is missing in it"),
    ):
        target.write_bytes(content)
        change("latest-small", sha256=digest(content))
        assert message_of(MovieLens(path=str(target))) == f"{target}: {message}"


def test_a_member_that_claims_too_much_is_not_read(archive: bytes, tmp_path: Path) -> None:
    (tmp_path / "ml-latest-small.zip").write_bytes(archive)
    change("latest-small", largest_member=1000)
    size = (tmp_path / "made" / "ratings.csv").stat().st_size
    place = tmp_path / "ml-latest-small.zip"
    assert message_of(MovieLens(path=str(place))) == f"{place}: ratings.csv claims {size:,} bytes; that is too many"


def test_path_comes_before_the_variable_and_the_variable_before_the_cache(
    tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for parent in (offline, tmp_path / "variable", tmp_path / "path"):
        movielens_like(parent / "ml-latest-small")
    monkeypatch.setenv("GNNREC_DATA", str(tmp_path / "variable"))
    source = "MovieLens latest-small from "
    assert MovieLens(path=str(tmp_path / "path")).load().source == f"{source}{tmp_path / 'path' / 'ml-latest-small'}"
    assert MovieLens().load().source == f"{source}{tmp_path / 'variable' / 'ml-latest-small'}"
    monkeypatch.setenv("GNNREC_DATA", str(tmp_path / "elsewhere"))
    assert MovieLens().load().source == f"{source}{offline / 'ml-latest-small'}"


def test_a_path_that_has_nothing_is_the_only_place_that_is_tried(tmp_path: Path, offline: Path) -> None:
    movielens_like(offline / "ml-latest-small")
    nowhere = tmp_path / "nowhere"
    assert message_of(MovieLens(path=str(nowhere))) == (
        "MovieLens (latest-small) cannot be had. Tried, in this order:\n"
        f"  path {nowhere}: no ml-latest-small.zip and no folder ml-latest-small\n"
        "Put ml-latest-small.zip (https://grouplens.org/datasets/movielens/latest) into the folder that $GNNREC_DATA "
        "names, or give its place in dataset.path."
    )


def test_what_cannot_be_had_anywhere_ends_in_one_message_that_names_each_place(offline: Path) -> None:
    lines = message_of(MovieLens(variant=("latest-small", "100k"))).splitlines()
    assert lines[0] == "MovieLens (latest-small, 100k) cannot be had. Tried, in this order:"
    unset, cached = "  $GNNREC_DATA (not set): no ", f"  cache {offline}: no "
    latest, official = "ml-latest-small.zip and no folder ml-latest-small", "ml-100k.zip and no folder ml-100k"
    wheel = f"{WHEEL} and no folder recbole/dataset_example/ml-100k"
    assert lines[1:3] == [unset + latest, cached + latest]
    assert lines[3].startswith(f"  {NOWHERE}/ml-latest-small.zip: ConnectionError: ")
    assert lines[4:8] == [unset + official, cached + official, unset + wheel, cached + wheel]
    assert lines[8].startswith(f"  {NOWHERE}/ml-100k.zip: ConnectionError: ")
    assert lines[9].startswith("  recbole==1.2.1 from the package index: ")
    advice = (
        "Put ml-latest-small.zip or ml-100k.zip (https://grouplens.org/datasets/movielens/latest or "
        "https://grouplens.org/datasets/movielens/100k) into the folder that $GNNREC_DATA names, or give its place in "
        "dataset.path."
    )
    assert lines[10:] == [advice]
