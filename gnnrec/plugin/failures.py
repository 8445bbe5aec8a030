"""What a plugin raised, in words, with the place in the plugin where it was raised."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from gnnrec.errors import GnnrecError


def said(error: BaseException) -> str:
    """An error of a plugin in words, with the place where it was raised."""
    if isinstance(error, GnnrecError):
        return str(error)
    text = str(error).partition("\n\n")[0]  # pydantic goes on about itself
    what = f"it exits with {text}" if isinstance(error, SystemExit) else f"{type(error).__name__}: {text}"
    if isinstance(error, SyntaxError):  # it says where
        return what
    foreign = (frame for frame in reversed(traceback.extract_tb(error.__traceback__)) if _is_foreign(frame.filename))
    innermost = next(foreign, None)
    return f"{what} ({Path(innermost.filename).name}:{innermost.lineno})" if innermost is not None else what


def _is_foreign(file: str) -> bool:
    """Whether a file is neither gnnrec's, pydantic's nor Python's own."""
    path, python = Path(file), Path(os.__file__).parent
    if path.is_relative_to(python) and not path.relative_to(python).parts[0].endswith("-packages"):
        return False
    import pydantic

    known = (Path(__file__).parents[1], Path(pydantic.__file__).parent)
    return not file.startswith("<frozen") and not any(path.is_relative_to(folder) for folder in known)
