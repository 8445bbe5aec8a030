"""Finds the finished run that a recipe would only repeat: same recipe, same data, same versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from gnnrec.component import Component
from gnnrec.environment import version
from gnnrec.registry import installed
from gnnrec.run_listing import readable_runs, run_directories

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gnnrec.contracts import Dataset
    from gnnrec.recipe.schema import Recipe
    from gnnrec.run_record import RunRecord


class FinishedRuns:
    """The finished runs below a root.

    Args:
        root: The folder below which runs are made; it need not be there.
    """

    def __init__(self, root: str | Path) -> None:
        self._root = Path(root).expanduser()
        self._runs: dict[str, list[RunRecord]] = {}
        self._data: dict[str, tuple[dict[str, Any], str]] = {}

    def find(self, recipe: Recipe) -> RunRecord | None:
        """The latest run that `recipe` would repeat, or None.

        The data are loaded to know what would be taken now: a run over what the same file held before is another one.

        Raises:
            DataError: There is such a run, and its data cannot be had any more.
        """
        wanted = recipe.to_dict()
        plugins = _plugins_of(recipe)
        for run in self._of(recipe.name):
            if _without_dataset(run.recipe) != _without_dataset(wanted) or not _made_by(run.environment, plugins):
                continue
            dataset, fingerprint = self._loaded(recipe.dataset)
            if (run.recipe["dataset"], run.environment.get("dataset", {}).get("fingerprint")) == (dataset, fingerprint):
                return run
        return None

    def _of(self, name: str) -> list[RunRecord]:
        """The finished runs of a recipe, newest first."""
        if name not in self._runs:
            directories = run_directories(self._root, name) if (self._root / name).is_dir() else []
            self._runs[name] = [run for run in readable_runs(directories) if run.finished]
        return self._runs[name]

    def _loaded(self, dataset: Dataset) -> tuple[dict[str, Any], str]:
        """The dataset's fields with what loading decides, and the fingerprint of what it loads."""
        fields = dataset.model_dump()
        key = json.dumps(fields, sort_keys=True, default=str)
        if key not in self._data:
            loaded = dataset.load()
            decided = type(dataset).model_validate({**fields, **loaded.chosen})
            self._data[key] = (decided.model_dump(mode="json"), loaded.fingerprint)
        return self._data[key]


def _without_dataset(recipe: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in recipe.items() if key != "dataset"}


def _plugins_of(recipe: Recipe) -> dict[str, tuple[str, str]]:
    """Distribution and version of the plugins whose components a recipe names."""
    registry = installed()
    known = {plugin.name: (plugin.distribution, plugin.version) for plugin in registry.plugins}
    classes = (registry.components(each.kind).get(each.name) for each in _components(recipe))
    owners = {registry.owner(each) for each in classes if each is not None}
    return {name: known[name] for name in owners}


def _components(value: Any) -> Iterator[Component]:
    if isinstance(value, Component):
        yield value
    elif isinstance(value, BaseModel):
        for field in type(value).model_fields:
            yield from _components(getattr(value, field))
    elif isinstance(value, tuple):
        for each in value:
            yield from _components(each)


def _made_by(environment: Mapping[str, Any], plugins: Mapping[str, tuple[str, str]]) -> bool:
    """Whether a run was made by this gnnrec and by these versions of the plugins it needs."""
    then = {each["name"]: (each["distribution"], each["version"]) for each in environment.get("plugins", ())}
    same_gnnrec = environment.get("versions", {}).get("gnnrec") == version("gnnrec")
    return same_gnnrec and all(then.get(name) == made for name, made in plugins.items())
