from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gnnrec.data.drafts import drafted


def test_the_draft_lies_beside_the_folder_and_becomes_it(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "place" / "made"
    with drafted(folder) as draft:
        assert draft.parent == folder.parent
        assert not folder.exists()
        (draft / "a.txt").write_text("a")
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == [
        "new",
        "new/place",
        "new/place/made",
        "new/place/made/a.txt",
    ]


def test_what_fails_leaves_nothing_and_keeps_what_others_put_there(tmp_path: Path) -> None:
    def fail() -> None:
        with drafted(tmp_path / "new" / "place" / "made") as draft:
            (draft / "a.txt").write_text("a")
            (tmp_path / "new" / "theirs.txt").write_text("theirs")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == ["new", "new/theirs.txt"]


def test_a_folder_that_appears_meanwhile_is_not_replaced_unasked(tmp_path: Path) -> None:
    folder = tmp_path / "made"

    def fail() -> None:
        with drafted(folder):
            folder.mkdir()
            (folder / "theirs.txt").write_text("theirs")

    with pytest.raises(OSError, match="not empty"):
        fail()
    assert [path.name for path in tmp_path.rglob("*")] == ["made", "theirs.txt"]


def test_what_is_replaced_is_there_until_the_new_one_is(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "old.txt").touch()
    with drafted(folder, replaces=True) as draft:
        (draft / "new.txt").touch()
        assert [path.name for path in folder.iterdir()] == ["old.txt"]
    assert [path.name for path in folder.iterdir()] == ["new.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


@pytest.mark.parametrize("fails_at", [1, 2])
@pytest.mark.parametrize("error", [OSError(13, "Permission denied"), KeyboardInterrupt()])
def test_what_cannot_be_replaced_stays(
    fails_at: int, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "old.txt").touch()
    rename = Path.rename
    renamed = []

    def failing(path: Path, target: Path) -> Path:
        renamed.append(path)
        if len(renamed) == fails_at:
            raise error
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(type(error)), drafted(folder, replaces=True) as draft:
        (draft / "new.txt").touch()
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == ["made", "made/old.txt"]


def test_an_interruption_after_the_exchange_leaves_the_new_one_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "old.txt").touch()
    remove = shutil.rmtree

    def interrupted(path: Path, **options: bool) -> None:
        remove(path, **options)
        if path.suffix == ".old":
            raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt), drafted(folder, replaces=True) as draft:
        (draft / "new.txt").touch()
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == ["made", "made/new.txt"]
