"""Finds the finished run that a recipe would only repeat: same recipe, same data, same versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnnrec.data.filtering import apply_filters
from gnnrec.evaluation.candidates import read_candidates
from gnnrec.plugin.registry import installed
from gnnrec.recipe.made_with import made_with
from gnnrec.recipe.used_parts import used_parts
from gnnrec.runs.environment import version
from gnnrec.runs.listing import readable_runs, run_directories

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gnnrec.contract.kinds import Dataset
    from gnnrec.data.interactions import Interactions
    from gnnrec.data.split import Split
    from gnnrec.recipe.schema import Recipe
    from gnnrec.runs.record import RunRecord


class FinishedRuns:
    """The finished runs below a root.

    Args:
        root: The folder below which runs are made; it need not be there.
    """

    def __init__(self, root: str | Path) -> None:
        self._root = Path(root).expanduser()
        self._runs: dict[str, list[RunRecord]] = {}
        self._data: dict[str, tuple[dict[str, Any], Interactions]] = {}
        self._splits: dict[str, Split] = {}

    def find(self, recipe: Recipe) -> RunRecord | None:
        """The latest run that `recipe` would repeat, or None.

        The data are loaded to know what would be taken now: a run over what the same file held before is another one.

        Raises:
            DataError: There is such a run, and its data cannot be had any more.
        """
        wanted = recipe.to_dict()
        now = made_with(recipe, installed())
        for run in self._of(recipe.name):
            if _without_dataset(run.recipe) != _without_dataset(wanted) or not _is_made_with(run, now):
                continue
            if "parent" in run.metrics:  # it went by what another run chose
                continue
            dataset, data = self._loaded(recipe.dataset)
            if run.recipe["dataset"] != dataset or run.used_data != used_parts(recipe, data.fingerprint):
                continue
            split = self._split(recipe, data)
            if run.environment.get("split_fingerprint") != split.fingerprint:
                continue
            candidates = read_candidates(recipe.evaluation.candidates, split)
            if run.environment.get("candidates_fingerprint") == (candidates and candidates.fingerprint):
                return run
        return None

    def _of(self, name: str) -> list[RunRecord]:
        """The finished runs of a recipe, newest first."""
        if name not in self._runs:
            directories = run_directories(self._root, name) if (self._root / name).is_dir() else []
            self._runs[name] = [run for run in readable_runs(directories) if run.finished]
        return self._runs[name]

    def _split(self, recipe: Recipe, data: Interactions) -> Split:
        """The split that the recipe would have now: a division may be read from a file."""
        asked = recipe.to_dict()
        key = json.dumps([asked["dataset"], asked["filters"], asked["split"]], sort_keys=True)
        if key not in self._splits:
            self._splits[key] = recipe.split.split(apply_filters(data, recipe.filters))
        return self._splits[key]

    def _loaded(self, dataset: Dataset) -> tuple[dict[str, Any], Interactions]:
        """The dataset's fields with what loading decides, and what it loads."""
        fields = dataset.model_dump()
        key = json.dumps(fields, sort_keys=True, default=str)
        if key not in self._data:
            loaded = dataset.load()
            decided = type(dataset).model_validate({**fields, **loaded.chosen})
            self._data[key] = (decided.model_dump(mode="json"), loaded)
        return self._data[key]


def _without_dataset(recipe: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in recipe.items() if key != "dataset"}


def _is_made_with(run: RunRecord, now: Mapping[str, str]) -> bool:
    """Whether this gnnrec, and what gives the recipe's components now, made a run from its start to its end."""
    return run.made_with == now and run.environment.get("versions", {}).get("gnnrec") == version("gnnrec")
