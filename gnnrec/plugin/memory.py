"""What one start of gnnrec leaves to the next about its own plugins: that they are in order, and what each is for.

Strangers' plugins are never remembered, since what they do may hang on more than their files: they are imported and
checked whenever plugins are looked at. Components are not remembered either: a class is imported when it is asked for.
"""

from __future__ import annotations

import json
import os
import sys
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gnnrec.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

METADATA = (".dist-info", ".egg-info", ".egg")
"""How folders end in which a distribution says what it is."""

DECLARATIONS = "entry_points.txt"

PATH_FINDER = "_frozen_importlib_external"
"""The module of Python's own finder along the path."""

SETTLED = 2.0
"""Seconds after which a file that is written again has another time, whatever the file system."""


class Memory(NamedTuple):
    """What was found.

    Attributes:
        own: gnnrec's own plugins by name, in their order: the module of each, and the kinds that it contributes.
        alone: Whether there are no others.
    """

    own: dict[str, tuple[str, list[str]]]
    alone: bool


def recall() -> Memory | None:
    """What an earlier start has found, if every distribution and file is as it was then; None otherwise.

    Where it cannot be read there is none.
    """
    try:
        stored = json.loads(_place().read_bytes())
        if stored["for"] != _distributions() or any(_stamp(path) != was for path, was in stored["files"].items()):
            return None
        own = {name: (module, kinds) for name, (module, kinds) in stored["own"].items()}
        return Memory(own, bool(stored["alone"]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def remember(memory: Memory, files: Iterable[Path]) -> None:
    """Leave it to the next start; in silence where it cannot be written, or where files have only just been.

    Args:
        memory: What was found.
        files: The Python files that it was found in.
    """
    own = Path(__file__).parents[1].rglob("*.py")
    try:
        distributions = _distributions()
        stamps = {str(path): _stamp(path) for path in {*files, *own}}
        if _newest(distributions, stamps) > time.time() - SETTLED:
            return
        _write(json.dumps({"for": distributions, "files": stamps, **memory._asdict()}), _place())
    except (OSError, ValueError):
        return


def _write(text: str, place: Path) -> None:
    """Write a file that is whole or not there, whoever else writes it and however full the disk is."""
    from tempfile import NamedTemporaryFile

    place.parent.mkdir(parents=True, exist_ok=True)
    draft = NamedTemporaryFile("w", dir=place.parent, delete=False, encoding="utf-8")  # noqa: SIM115 - closed to be moved
    try:
        with draft:
            draft.write(text)
        Path(draft.name).replace(place)
    except OSError:
        Path(draft.name).unlink(missing_ok=True)
        raise


def _place() -> Path:
    """A file for each environment, so that they do not take it from each other."""
    from platformdirs import user_cache_dir

    cache = Path(user_cache_dir("gnnrec"))
    if not cache.is_absolute():
        raise OSError("nobody says whose cache it is")
    return cache / "plugins" / f"{zlib.crc32(os.fsencode(sys.prefix)):08x}.json"


def _distributions() -> dict[str, Any]:
    """This gnnrec and Python, and each distribution along the path of modules with the times at which it changed.

    Raises:
        ValueError: Something other than folders along that path finds distributions.
    """
    strange = (finder for finder in sys.meta_path if getattr(finder, "__module__", "") != PATH_FINDER)
    if any(hasattr(finder, "find_distributions") for finder in strange):
        raise ValueError("distributions may come from anywhere")
    return {
        "gnnrec": __version__,
        "python": sys.version,
        "path": sys.path,
        "found": [found for folder in dict.fromkeys(sys.path) for found in sorted(_found(folder))],
    }


def _found(folder: str) -> Iterator[list[Any]]:
    try:
        entries = list(os.scandir(folder or "."))
    except NotADirectoryError:  # a zip file
        yield [folder, os.stat(folder).st_mtime_ns, 0]  # noqa: PTH116 - at every start
        return
    except OSError:
        return
    for entry in entries:
        if entry.name.endswith(METADATA):
            try:
                declared = os.stat(f"{entry.path}/{DECLARATIONS}").st_mtime_ns  # noqa: PTH116 - the same
            except OSError:
                declared = 0
            yield [entry.path, entry.stat().st_mtime_ns, declared]


def _stamp(path: str | Path) -> list[int]:
    """When a file was changed, and its size."""
    known = os.stat(path)  # noqa: PTH116 - the same
    return [known.st_mtime_ns, known.st_size]


def _newest(distributions: dict[str, Any], stamps: dict[str, list[int]]) -> float:
    """The time of the last change, in seconds."""
    times = [max(changed, declared) for _, changed, declared in distributions["found"]]
    return max([*times, *(stamp[0] for stamp in stamps.values())], default=0) / 1e9
