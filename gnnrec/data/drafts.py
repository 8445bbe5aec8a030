"""A folder that is there whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def drafted(folder: Path, *, replaces: bool = False) -> Iterator[Path]:
    """An empty folder that takes the name of another when the block ends; if the block fails, nothing is left of it.

    What it is to lie in is made where it is missing.

    Args:
        folder: What the draft is called in the end; it lies beside it until then.
        replaces: Whether there is such a folder, which goes as soon as the new one is whole.

    Raises:
        OSError: It cannot be made or renamed.
    """
    missing = [parent for parent in folder.parents if not parent.exists()]  # innermost first
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.new")
    try:
        draft.mkdir(parents=True)
        yield draft
        if replaces:
            _replace(folder, draft)
        else:
            draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        for parent in missing:
            if parent.exists() and not any(parent.iterdir()):
                parent.rmdir()
        raise


def _replace(folder: Path, draft: Path) -> None:
    """A folder that is not empty is not renamed over: the old one steps aside, and back again if that was in vain."""
    old = draft.with_suffix(".old")
    try:
        folder.rename(old)
        draft.rename(folder)
    finally:
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(folder)
