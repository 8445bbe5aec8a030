from __future__ import annotations

from pathlib import Path

import pytest

from gnnrec.errors import UsageError
from gnnrec.plugin.registry import installed
from gnnrec.scaffold.naming import chosen_names
from gnnrec.scaffold.plugin import plugin_files
from gnnrec.scaffold.writing import write_folder


def test_a_folder_that_exists_is_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "my-gat"
    folder.mkdir()
    with pytest.raises(UsageError) as error:
        write_folder(folder, {"a.txt": "a"})
    assert str(error.value) == (
        f"{folder} exists, and nothing in it is touched; choose another name, or a place with --out"
    )
    assert list(folder.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["my-gat"]


def test_a_dangling_link_counts_as_there(tmp_path: Path) -> None:
    (tmp_path / "my-gat").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="exists, and nothing in it is touched"):
        write_folder(tmp_path / "my-gat", {"a.txt": "a"})


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "deep" / "my-gat"
    with pytest.raises(UsageError) as error:
        write_folder(folder, {"a.txt": "a"})
    assert str(error.value) == f"cannot write {folder}: Not a directory; choose a place with --out"
    monkeypatch.setattr(Path, "mkdir", refuse)
    folder = tmp_path / "my-gat"
    with pytest.raises(UsageError) as error:
        write_folder(folder, {"a.txt": "a"})
    assert str(error.value) == f"cannot write {folder}: Permission denied; choose a place with --out"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def refuse(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device"), ValueError("odd")])
def test_what_is_interrupted_leaves_nothing(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_text
    written = []

    def interrupted(path: Path, *arguments: object, **options: object) -> int:
        written.append(path)
        if len(written) == 3:
            raise error
        return write(path, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", interrupted)
    files = plugin_files(chosen_names("my-gat", [], installed()))
    with pytest.raises(UsageError if isinstance(error, OSError) else type(error)):
        write_folder(tmp_path / "new" / "place" / "my-gat", files)
    assert len(written) == 3
    assert list(tmp_path.iterdir()) == []
