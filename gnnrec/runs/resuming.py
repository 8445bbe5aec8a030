"""What `resume` has to know before anything is loaded: which run is meant, and whether it is the recipe's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnnrec.errors import RunDirectoryError
from gnnrec.runs.directory import PARTIAL

if TYPE_CHECKING:
    from gnnrec.recipe.schema import Recipe


def unfinished(directory: str | Path) -> Path | None:
    """The `.partial` directory of a run, given with that ending or without; None where the run is finished.

    Raises:
        RunDirectoryError: There is no run, finished or not.
    """
    path = Path(directory).expanduser()
    final = path.with_name(path.name.removesuffix(PARTIAL))
    partial = final.with_name(final.name + PARTIAL)
    if partial.is_dir():
        return partial
    if final.is_dir() and path == final:
        return None
    raise RunDirectoryError(f"there is no run in {path}" + (f"; it is finished: {final}" if final.is_dir() else ""))


def differences(recipe: Recipe, stored: Recipe) -> list[str]:
    """The keys, dotted, in which two recipes differ; a choice that loading the data made is no difference."""
    wanted, taken = recipe.to_flat_dict(), stored.to_flat_dict()
    return [
        key
        for key in sorted({*wanted, *taken})
        if key not in wanted or key not in taken or not _agree(key, wanted[key], taken[key])
    ]


def _agree(key: str, wanted: Any, taken: Any) -> bool:
    if key.startswith("dataset.") and isinstance(wanted, list) and isinstance(taken, list):
        return all(each in wanted for each in taken)
    return bool(wanted == taken)
