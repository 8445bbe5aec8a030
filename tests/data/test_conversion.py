from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from any_interactions import CELLS, any_interactions
from hypothesis import given, settings

from gnnrec import DataError, Interactions
from gnnrec.data.conversion import require_free, write_converted
from gnnrec.data.converted import About, read_converted
from gnnrec.errors import UsageError
from gnnrec.testing import toy_interactions
from gnnrec.testing.comparing import difference

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = toy_interactions()
UNTOUCHED = "and nothing of it is touched; choose another place with --out"


def files(folder: Path) -> dict[str, bytes | None]:
    """All that is there, folders without content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


def with_column(cells: list[Any]) -> Interactions:
    column = pd.Series([*cells, *[cells[0]] * (len(DATA.items) - len(cells))], dtype=object)
    return replace(DATA, tables={**DATA.tables, "item": DATA.items.assign(odd=column)})


@settings(max_examples=20)
@given(any_interactions())
def test_whatever_the_data_are_they_come_back(data: Interactions) -> None:
    with TemporaryDirectory() as place:
        write_converted(Path(place) / "made", data, "")
        back = read_converted(Path(place) / "made")
    assert back.fingerprint == data.fingerprint
    assert list(back.tables) == list(data.tables)
    assert [list(table) for table in back.tables.values()] == [list(table) for table in data.tables.values()]
    for name in ("edges", "relations", "behaviours", "parts"):
        assert difference(getattr(back, name), getattr(data, name)) is None
    assert (back.filtered is None) == (data.filtered is None)
    if data.filtered is not None:
        assert difference(back.filtered, data.filtered) is None


@pytest.mark.parametrize("name", CELLS)
def test_an_empty_table_comes_back_with_every_column(name: str, tmp_path: Path) -> None:
    _, column = CELLS[name]
    brands = pd.DataFrame({"brand": np.zeros(0, np.int64), name: column([])})
    data = replace(DATA, tables={**DATA.tables, "brand": brands})
    write_converted(tmp_path / "made", data, "")
    back = read_converted(tmp_path / "made")
    assert back.fingerprint == data.fingerprint
    assert list(back.tables["brand"]) == ["brand", name]


def test_the_folder_says_what_is_in_it(tmp_path: Path) -> None:
    about = write_converted(tmp_path / "deep" / "made", DATA, "none")
    folder = tmp_path / "deep" / "made"
    assert about == About.of(folder) == About("toy", "none", about.files)
    assert {name: (each.rows, each.columns) for name, each in about.files.items()} == {
        "interactions.parquet": (160, ("user", "item", "time", "weight")),
        "users.parquet": (20, ("user",)),
        "items.parquet": (15, ("item", "title", "genres")),
        "nodes/genre.parquet": (3, ("genre",)),
        "relations/item-has_genre-genre.parquet": (21, ("source", "target")),
        "behaviours/view.parquet": (160, ("user", "item", "time")),
    }
    for name, each in about.files.items():
        content = (folder / name).read_bytes()
        assert (each.bytes, each.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert {name for name, content in files(folder).items() if content} == {*about.files, "data.json"}
    assert json.loads((folder / "data.json").read_text())["format"] == 1
    assert read_converted(folder).source == f"{folder}, converted from toy"
    log = pd.read_parquet(folder / "interactions.parquet")
    assert log.equals(DATA.to_table(DATA.edges))
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ([[[1, 2], [3]]], "column odd of items"),
        ([[1, None]], "column odd of items"),
        ([{"a": 1}, {"b": 2}], "column odd of items"),
    ],
)
def test_what_parquet_would_change_is_refused_by_name(cells: list[Any], what: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        write_converted(tmp_path / "made", with_column(cells), "")
    assert str(error.value) == f"toy: {what} would not come back from Parquet as it is, so nothing is written"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cells", [[1, "a"], [True, 1], [2**70], [1j]])
def test_what_parquet_does_not_take_is_refused_by_name(cells: list[Any], tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^items cannot be written as items\.parquet: .*\S") as error:
        write_converted(tmp_path / "made", with_column(cells), "")
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device"), ValueError("odd")])
@pytest.mark.parametrize("force", [False, True])
def test_what_is_interrupted_leaves_all_as_it_was(
    error: BaseException, force: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "new" / "made"
    if force:
        write_converted(folder, DATA.keep(np.arange(len(DATA)) < 99), "")
    before = files(tmp_path)
    write = pd.DataFrame.to_parquet
    written = []

    def interrupted(table: pd.DataFrame, path: Path, **options: Any) -> None:
        written.append(path)
        write(table, path, **options)
        if len(written) == 3:
            raise error

    monkeypatch.setattr(pd.DataFrame, "to_parquet", interrupted)
    expected = {OSError: UsageError, ValueError: DataError}.get(type(error), type(error))
    with pytest.raises(expected) as raised:
        write_converted(folder, DATA, "", force=force)
    if isinstance(error, OSError):
        assert str(raised.value) == f"cannot write {folder}: No space left on device; choose a place with --out"
    assert len(written) == 3
    assert files(tmp_path) == before


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "made"
    with pytest.raises(UsageError) as error:
        write_converted(folder, DATA, "")
    assert str(error.value) == f"cannot write {folder}: Not a directory; choose a place with --out"


def test_force_replaces_what_was_converted_and_nothing_of_it_stays(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    write_converted(folder, DATA, "")
    with pytest.raises(UsageError) as error:
        write_converted(folder, DATA, "")
    assert str(error.value) == f"{folder} exists; --force replaces it"
    less = replace(DATA, relations=(), behaviours={})
    write_converted(folder, less, "", force=True)
    assert read_converted(folder).fingerprint == less.fingerprint
    assert not (folder / "relations").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_folder_is_read_while_it_is_replaced_by_what_was_in_it(tmp_path: Path) -> None:
    write_converted(tmp_path / "made", DATA, "")
    write_converted(tmp_path / "made", read_converted(tmp_path / "made"), "", force=True)
    assert read_converted(tmp_path / "made").fingerprint == DATA.fingerprint


def test_through_a_link_the_folder_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    write_converted(tmp_path / "there" / "made", DATA, "")
    (tmp_path / "link").symlink_to(tmp_path / "there" / "made")
    write_converted(tmp_path / "link", DATA.keep(np.arange(len(DATA)) < 99), "", force=True)
    assert (tmp_path / "link").is_symlink()
    assert len(read_converted(tmp_path / "there" / "made")) == 99


def a_file(folder: Path) -> None:
    folder.write_text("mine")


def an_empty_folder(folder: Path) -> None:
    folder.mkdir()


def a_users_folder(folder: Path) -> None:
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")


def a_users_data(folder: Path) -> None:
    folder.mkdir()
    (folder / "data.json").write_text('{"format": 1, "source": "mine"}')


def with_notes(folder: Path) -> None:
    write_converted(folder, DATA, "")
    (folder / "nodes" / "notes.txt").write_text("mine")


def with_an_empty_folder(folder: Path) -> None:
    write_converted(folder, DATA, "")
    (folder / "later").mkdir()


def with_a_link(folder: Path) -> None:
    write_converted(folder, DATA, "")
    (folder / "elsewhere").symlink_to("/")


def of_a_newer_one(folder: Path) -> None:
    write_converted(folder, DATA, "")
    (folder / "data.json").write_text('{"format": 2}')


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (a_file, f"{{}} exists and is no folder, {UNTOUCHED}"),
        (an_empty_folder, f"{{}} exists and is none that `gnnrec data convert` wrote, {UNTOUCHED}"),
        (a_users_folder, f"{{}} exists and is none that `gnnrec data convert` wrote, {UNTOUCHED}"),
        (a_users_data, f"{{}} exists and is none that `gnnrec data convert` wrote, {UNTOUCHED}"),
        (of_a_newer_one, f"{{}} exists and is none that `gnnrec data convert` wrote, {UNTOUCHED}"),
        (
            with_notes,
            f"{{}} exists and holds nodes/notes.txt, which is not what `gnnrec data convert` wrote, {UNTOUCHED}",
        ),
        (
            with_an_empty_folder,
            f"{{}} exists and holds later, which is not what `gnnrec data convert` wrote, {UNTOUCHED}",
        ),
        (with_a_link, f"{{}} exists and holds elsewhere, which is not what `gnnrec data convert` wrote, {UNTOUCHED}"),
    ],
)
@pytest.mark.parametrize("force", [False, True])
def test_what_is_the_users_is_never_replaced(
    make: Callable[[Path], None], told: str, force: bool, tmp_path: Path
) -> None:
    folder = tmp_path / "made"
    make(folder)
    before = files(tmp_path)
    for write in (
        lambda: require_free(folder, force=force),
        lambda: write_converted(folder, DATA, "", force=force),
    ):
        with pytest.raises(UsageError) as error:
            write()
        assert str(error.value) == told.format(folder)
    assert files(tmp_path) == before


def test_what_the_user_puts_there_meanwhile_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "made"
    write_converted(folder, DATA, "")
    write = Path.write_text

    def and_a_note(path: Path, text: str, **options: Any) -> int:
        write(folder / "notes.txt", "mine")
        return write(path, text, **options)

    monkeypatch.setattr(Path, "write_text", and_a_note)
    with pytest.raises(UsageError, match=r"exists and holds notes\.txt"):
        write_converted(folder, DATA, "", force=True)
    assert (folder / "notes.txt").read_text() == "mine"
    assert read_converted(folder).fingerprint == DATA.fingerprint
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_without_permission_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(UsageError) as error:
        write_converted(tmp_path / "made", DATA, "")
    assert str(error.value) == f"cannot write {tmp_path / 'made'}: Permission denied; choose a place with --out"
    assert list(tmp_path.iterdir()) == []
