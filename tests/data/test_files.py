"""Where files that a recipe names are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from gnnrec import DataError
from gnnrec.data.files import cache_folder, find_file, places

pytest_plugins = ["working_folder"]


@pytest.fixture
def folders(working_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The working folder, the one that $GNNREC_DATA names, and the cache."""
    monkeypatch.setenv("GNNREC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return [working_folder, tmp_path / "data", cache_folder()]


def put(folder: Path, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    return path


def test_a_relative_path_is_looked_for_in_three_places_in_order(folders: list[Path]) -> None:
    for folder in reversed(folders):
        put(folder, "some/log.csv")
        assert find_file("some/log.csv").resolve() == folder / "some" / "log.csv"
    assert find_file("some/log.csv") == Path("some/log.csv")  # as it was written


def test_an_absolute_path_is_looked_for_where_it_says(folders: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(folders[1], "log.csv")
    assert places(path) == [path]
    monkeypatch.setenv("HOME", str(folders[1]))
    assert find_file("~/log.csv") == path


def test_a_folder_in_one_place_does_not_hide_a_file_in_another(folders: list[Path]) -> None:
    (folders[0] / "log.csv").mkdir()
    path = put(folders[1], "log.csv")
    assert find_file("log.csv") == path
    path.unlink()
    assert _refusal("log.csv") == "log.csv is a folder; give the file in it that holds the table"


def test_a_file_that_is_nowhere_is_told_with_the_places_and_the_nearest_name(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    working, data, cache = folders
    put(data, "ratings.csv")
    where = f"it was looked for in the working folder {working}, below $GNNREC_DATA ({data}) and in the cache {cache}"
    assert _refusal("rating.csv") == f"there is no file rating.csv: {where}; did you mean 'ratings.csv'?"
    assert _refusal("zebra", "split.path") == f"there is no file zebra, which split.path names: {where}"
    assert _refusal(data / "rating.csv") == f"there is no file {data / 'rating.csv'}; did you mean 'ratings.csv'?"
    monkeypatch.delenv("GNNREC_DATA")
    assert _refusal("zebra") == f"there is no file zebra: {where.replace(str(data), 'not set')}"
    assert _refusal("x" * 300) == f"'{'x' * 56}… cannot be looked for: File name too long"


def _refusal(path: str | Path, named_by: str = "") -> str:
    with pytest.raises(DataError) as error:
        find_file(path, named_by)
    return str(error.value)


def test_a_path_of_another_system_is_told_how_to_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "new.csv").touch()
    with pytest.raises(DataError) as error:
        find_file(r"data\new.csv")
    assert str(error.value) == r"there is no file data\new.csv; here folders are parted by /: data/new.csv"
    with pytest.raises(DataError) as error:
        find_file("data\new.csv")
    assert str(error.value) == (
        r"there is no file 'data\new.csv'; in double quotes YAML reads a \ as the start of an escape: write / or "
        "single quotes"
    )
