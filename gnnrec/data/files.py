"""Files that a recipe or a command names: where they are looked for, and what is said where there is none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from gnnrec.errors import DataError, suggestion

DATA_VARIABLE = "GNNREC_DATA"

LONGEST_SHOWN = 60
"""Characters of a path that is none."""


def cache_folder() -> Path:
    """Where downloads are kept."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("gnnrec"))


def data_folder() -> Path | None:
    """The folder that `$GNNREC_DATA` names; None where it is not set."""
    named = os.environ.get(DATA_VARIABLE)
    return Path(named).expanduser() if named else None


def places(path: str | Path) -> list[Path]:
    """Where a path may lie, in order: beside the working folder, below `$GNNREC_DATA`, in the cache.

    An absolute one, `~` among them, lies where it says.
    """
    given = Path(path).expanduser()
    if given.is_absolute():
        return [given]
    data = data_folder()
    return [given, *([] if data is None else [data / given]), cache_folder() / given]


def find_file(path: str | Path, named_by: str = "") -> Path:
    """The file at a path, the first of its `places` that has it.

    Args:
        path: As it was written.
        named_by: The key of a recipe that it stands under, for messages.

    Raises:
        DataError: There is none; the message says where it was looked for, and the nearest name there.
    """
    return _find(path, named_by, "file")


def find_folder(path: str | Path, named_by: str = "") -> Path:
    """The folder at a path, as `find_file` finds a file."""
    return _find(path, named_by, "folder")


def _find(path: str | Path, named_by: str, wanted: Literal["file", "folder"]) -> Path:
    is_one, is_other = (Path.is_file, Path.is_dir) if wanted == "file" else (Path.is_dir, Path.is_file)
    try:
        tried = places(path)
        for place in tried:
            if is_one(place):
                return place
        is_there = any(is_other(place) for place in tried)
        turned = Path(str(path).replace("\\", "/"))
        if turned != Path(path) and any(place.exists() for place in places(turned)):
            raise DataError(f"there is no file {path}; here folders are parted by /: {turned}")
        near = {each.name for place in tried if place.parent.is_dir() for each in place.parent.iterdir()}
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        text = repr(str(path))
        shown = text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}…"
        raise DataError(f"{shown} cannot be looked for: {reason}") from None
    if is_there and wanted == "file":
        raise DataError(f"{path} is a folder; give the file in it that holds the table")
    if is_there:
        raise DataError(f"{path} is a file; give the folder that it lies in")
    if not str(path).isprintable():
        raise DataError(
            rf"there is no file {str(path)!r}; in double quotes YAML reads a \ as the start of an escape: write / or "
            "single quotes"
        )
    names = f", which {named_by} names" if named_by else ""
    where = f": it was looked for {_told()}" if len(tried) > 1 or not tried[0].is_absolute() else ""
    hint = suggestion(tried[0].name, near) if near else ""
    raise DataError(f"there is no {wanted} {path}{names}{where}{hint if 'mean' in hint else ''}")


def _told() -> str:
    """The places of a relative path, in words."""
    named = os.environ.get(DATA_VARIABLE) or "not set"
    return f"in the working folder {Path.cwd()}, below ${DATA_VARIABLE} ({named}) and in the cache {cache_folder()}"
