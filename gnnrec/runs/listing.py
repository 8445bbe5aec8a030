"""Runs found below a root, filtered and sorted, without torch."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnnrec.errors import GnnrecError, UsageError, suggestion
from gnnrec.recipe.overrides import from_mapping, parse_assignment
from gnnrec.runs.record import RunRecord, read_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

logger = logging.getLogger("gnnrec")

STUDY = ".study"
"""What the directory of a search ends in, which lies among runs and is none."""

MINIMISED = ("loss",)
"""Metrics of which less is better."""


def list_runs(
    root: str | Path = "runs",
    *,
    recipe: str | None = None,
    where: Mapping[str, Any] | Iterable[str] = (),
    sort: str | None = None,
    limit: int | None = None,
) -> list[RunRecord]:
    """The runs below a root, newest first; those that cannot be read are named in a warning and left out.

    Args:
        root: The folder below which runs are made.
        recipe: Only runs of the recipe of this name.
        where: Only runs whose resolved recipe says so: `{"encoder.name": "lightgcn"}`, or as on the command line. A
            component is met by its name, a list by what it holds.
        sort: A test metric, best first.
        limit: At most so many.

    Raises:
        UsageError: There is no such folder; or no run knows the recipe, the key or the metric.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"--limit is at least 1; got {limit}")
    conditions = [(path, node.plain()) for path, node in _assignments(where)]
    runs: Iterable[RunRecord] = readable_runs(run_directories(root, recipe))
    if conditions:
        runs = _matching(list(runs), conditions)
    if sort is not None:
        runs = _best_first(list(runs), sort)
    return list(islice(runs, limit))


def run_directories(root: str | Path, recipe: str | None = None) -> list[Path]:
    """What should be runs below a root, newest first: `<root>/<recipe>/<run>`.

    Raises:
        UsageError: There is no such folder, or none of such a recipe in it.
    """
    top = Path(root).expanduser()
    if not top.is_dir():
        raise UsageError(f"there is no folder {top} with runs; name another with --out")
    folders = _folders(top)
    if recipe is not None:
        names = [folder.name for folder in folders]
        if recipe not in names:
            hint = suggestion(recipe, names) if names else ""
            raise UsageError(f"{top} has no runs of a recipe called '{recipe}'{hint}")
        folders = [top / recipe]
    found = (run for folder in folders for run in _folders(folder) if run.suffix != STUDY)
    return sorted(found, key=lambda run: run.name, reverse=True)


def _folders(parent: Path) -> list[Path]:
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError as error:
        logger.warning("%s is left out: %s", parent, error.strerror)
        return []


def readable_runs(directories: Iterable[Path]) -> Iterator[RunRecord]:
    """Those that can be read; the others are named in a warning."""
    for directory in directories:
        try:
            yield read_run(directory)
        except GnnrecError as error:
            logger.warning("left out: %s", error)


def _assignments(where: Mapping[str, Any] | Iterable[str]) -> list[Any]:
    if isinstance(where, Mapping):
        return from_mapping(where)
    return [parse_assignment(text) for text in where]


def _matching(runs: list[RunRecord], conditions: list[tuple[str, Any]]) -> list[RunRecord]:
    met = [run for run in runs if all(_meets(_at(run.recipe, path), value) for path, value in conditions)]
    if runs and not met:
        known = {path for run in runs for path in _paths(run.recipe)}
        for path, _ in conditions:
            if path not in known:
                near = suggestion(path, known)
                raise UsageError(f"no run's recipe has '{path}'{near if 'mean' in near else ''}")
    return met


def _at(data: Any, path: str) -> Any:
    """The value at a dotted path, or None."""
    for step in path.split("."):
        try:
            data = data[int(step)] if isinstance(data, list) else data[step]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return data


def _meets(value: Any, wanted: Any) -> bool:
    """Whether a value is as wanted; a component may be wanted by its name, a list by something it holds."""
    if isinstance(value, dict) and not isinstance(wanted, dict):
        return "name" in value and _meets(value["name"], wanted)
    if isinstance(value, list) and not isinstance(wanted, list):
        return any(_meets(each, wanted) for each in value)
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)


def _paths(data: Any, above: str = "") -> Iterator[str]:
    """Every dotted path in plain data."""
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, child in children:
        yield f"{above}{key}"
        yield from _paths(child, f"{above}{key}.")


def _best_first(runs: list[RunRecord], metric: str) -> list[RunRecord]:
    known = {name for run in runs for name in run.test}
    if runs and metric not in known:
        hint = suggestion(metric, known) if known else ": none of them has any"
        raise UsageError(f"no run has a test metric '{metric}'{hint}")
    sign = 1 if metric in MINIMISED else -1
    return sorted(runs, key=lambda run: sign * run.test[metric] if metric in run.test else float("inf"))
