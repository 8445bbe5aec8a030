"""What `resume` has to know before anything is loaded: which run is meant, and whether it is the recipe's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnnrec.errors import RunDirectoryError, UsageError
from gnnrec.recipe.made_with import changed, last_made_with, replaced
from gnnrec.runs.directory import PARTIAL

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def require_same(recipe: Recipe, stored: Recipe, directory: str | Path) -> None:
    """Go on with a run only as what it is.

    Raises:
        UsageError: The run's recipe is another; the message names the keys that differ.
    """
    if different := differences(recipe, stored):
        raise UsageError(
            f"{directory} is a run of another recipe: {', '.join(different)}; "
            "resume it without a recipe, or start a new run"
        )


def require_unchanged(directory: str | Path, begun_with: Mapping[str, str], now: Mapping[str, str], again: str) -> None:
    """Go on with a run only with what it was begun with.

    Args:
        directory: The run's, as it is to be called.
        begun_with: What gave its components when it was begun, and as it went on.
        now: What gives them here.
        again: The command that goes on all the same.

    Raises:
        UsageError: It is another version, or another plugin.
    """
    last = last_made_with(begun_with)
    if changes := changed(last, now) + replaced(last, now):
        raise UsageError(
            f"{directory} is not resumed: {changes[0]}. It would be of both; give it what it was begun with, "
            f"start a new run, or go on all the same: {again}"
        )


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
