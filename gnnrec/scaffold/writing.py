"""Writes a new plugin's folder, whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gnnrec.data.drafts import drafted
from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Write text files into a new folder; whatever happens, it is there with all of them, or nothing is.

    Args:
        folder: Must not exist; what it lies in is made where it is missing.
        files: Text by path within the folder, with `/`.

    Raises:
        UsageError: The folder exists, or cannot be written.
    """
    if os.path.lexists(folder):
        raise UsageError(f"{folder} exists, and nothing in it is touched; choose another name, or a place with --out")
    try:
        with drafted(folder) as draft:
            for path, text in files.items():
                place = draft / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot write {folder}: {error.strerror}; choose a place with --out") from None
