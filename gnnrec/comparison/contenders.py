"""What is compared, read from what the user named: recipes that may still have to be run, and finished runs."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnnrec.comparison.shared_overrides import SharedOverrides
from gnnrec.comparison.splits import ONE_SPLIT
from gnnrec.errors import GnnrecError, UsageError, suggestion
from gnnrec.recipe.faults import RecipeError
from gnnrec.recipe.load import SUFFIXES, find_recipe, shipped_recipes
from gnnrec.recipe.schema import Recipe, parts_of
from gnnrec.runs.record import RunRecord, read_finished_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gnnrec.comparison.shared_overrides import Overrides
    from gnnrec.comparison.splits import Splits


Place = tuple[int, int]
"""Which split (0 where there is one), and the seed."""


@dataclass(frozen=True)
class Contender:
    """A recipe that takes part.

    Attributes:
        target: What the user named; the first of several runs.
        name: The recipe's name.
        recipes: What is to be run, by split and seed; none where finished runs were named.
        runs: The finished runs that were named, likewise.
    """

    target: str
    name: str
    recipes: Mapping[Place, Recipe]
    runs: Mapping[Place, RunRecord]

    @property
    def places(self) -> tuple[Place, ...]:
        """In the order in which they are run or were named."""
        return (*self.recipes, *self.runs)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the test metrics that it has, or will have."""
        for run in self.runs.values():
            return tuple(run.test)
        return next(iter(self.recipes.values())).measured


def read_contenders(
    targets: Recipe | str | Path | Iterable[Recipe | str | Path],
    overrides: Overrides = (),
    seeds: int = 1,
    splits: Splits = ONE_SPLIT,
) -> list[Contender]:
    """Find and check everything that was named, before anything is run.

    Runs of one recipe, made by the same versions, are one contender. Overrides of a section that a recipe does not
    have (a trainer, where it has a scorer) leave that recipe as it is.

    Args:
        targets: Recipes, files of recipes, names of shipped ones, or directories of finished runs.
        overrides: Changes of the recipes, as `load_recipe` takes them.
        seeds: How many; the first is the recipe's own. A deterministic scorer is fitted once.
        splits: Over which splits recipes are run.

    Raises:
        UsageError: There is nothing to compare, something named twice or unknown; or what is named cannot be changed.
        RecipeError: A recipe is wrong; with the faults of all.
        RunDirectoryError: A run did not finish or cannot be read.
    """
    targets = [targets] if isinstance(targets, (Recipe, str, Path)) else list(targets)
    if not targets:
        raise UsageError("nothing to compare: name recipes, recipe files or directories of finished runs")
    if seeds < 1:
        raise UsageError(f"--seeds is at least 1; got {seeds}")
    change = SharedOverrides(overrides)
    found = _each(targets, lambda target: _read(target, change, seeds, splits))
    finished = [contender.target for contender in found if contender.runs]
    if len(finished) == len(found) and (change or seeds > 1):
        raise UsageError("-s and --seeds are for recipes; every target is a finished run")
    if finished and splits != ONE_SPLIT:
        raise UsageError(f"{splits.option} is for recipes; {finished[0]} is a finished run, over one split")
    change.require_use()
    _refuse_twins(found)
    return _joined(found)


def labels(contenders: Sequence[Contender]) -> list[str]:
    """What each is called: its recipe's name; where several have it, what the user named; and a number if need be."""
    times = Counter(contender.name for contender in contenders)
    wanted = [each.name if times[each.name] == 1 else each.target for each in contenders]
    return [
        name if name not in wanted[:index] else f"{name} ({wanted[: index + 1].count(name)})"
        for index, name in enumerate(wanted)
    ]


def require_metric(contenders: Sequence[Contender], metric: str) -> None:
    """See that all can be ranked by a metric.

    Raises:
        UsageError: One does not have it.
    """
    without = [contender for contender in contenders if metric not in contender.metrics]
    if not without:
        return
    known = set.intersection(*(set(contender.metrics) for contender in contenders))
    hint = suggestion(metric, known) if known else ""
    if len(without) == len(contenders):
        raise UsageError(f"no test metric is called '{metric}'{hint}")
    names = ", ".join(contender.target for contender in without)
    raise UsageError(f"not everything has a test metric '{metric}': {names} has none{hint}")


def _each(targets: Sequence[Any], read: Callable[[Any], Contender]) -> list[Contender]:
    """Read all targets and say everything that is wrong with them."""
    contenders, errors = [], []
    for target in targets:
        try:
            contenders.append(read(target))
        except GnnrecError as error:
            errors.append(error)
    of_recipes = [error for error in errors if isinstance(error, RecipeError)]
    if errors and len(of_recipes) == len(errors):
        raise RecipeError(list(dict.fromkeys(fault for error in of_recipes for fault in error.faults)))
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise UsageError("\n".join(dict.fromkeys(map(str, errors))))
    return contenders


def _read(target: Recipe | str | Path, change: SharedOverrides, seeds: int, splits: Splits) -> Contender:
    if isinstance(target, Recipe):
        if change or splits != ONE_SPLIT:
            asked = splits.option or "overrides"
            raise UsageError(f"{asked} change a recipe as it is read; give a path or a name with them")
        return _to_be_run(target.name, [target], seeds)
    try:
        find_recipe(target)
    except RecipeError:
        if not _is_directory(Path(target).expanduser()):
            raise _unknown(str(target)) from None
        run = read_finished_run(target)
        return Contender(str(target), run.name, {}, {(0, run.seed): run})
    return _to_be_run(str(target), [change.load(target, *changes) for changes in splits.of(target, change)], seeds)


def _to_be_run(target: str, over_splits: Sequence[Recipe], seeds: int) -> Contender:
    recipe = over_splits[0]
    once = all(part.scorer is not None and part.scorer.deterministic for part in parts_of(recipe))
    wanted = range(recipe.seed, recipe.seed + (1 if once else seeds))
    recipes = {
        (split, seed): each.model_copy(update={"seed": seed})
        for split, each in enumerate(over_splits)
        for seed in wanted
    }
    return Contender(target, recipe.name, recipes, {})


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # text that is too long or too odd to be a path
        return False


def _unknown(target: str) -> UsageError:
    parent = Path(target).expanduser().parent
    shipped = shipped_recipes()
    try:
        found = [each.name for each in parent.iterdir() if each.suffix in SUFFIXES or (each / "recipe.yaml").exists()]
    except (OSError, ValueError):
        found = []
    near = suggestion(target, {*shipped, *(str(Path(target).parent / name) for name in found)})
    hint = near if "mean" in near else suggestion(target, shipped)
    return UsageError(f"{target}: there is no such recipe file, shipped recipe or finished run{hint}")


def _refuse_twins(contenders: Sequence[Contender]) -> None:
    """Two recipes that differ in nothing but their names or seeds are one."""
    met: dict[str, str] = {}
    for contender in contenders:
        recipe = next(iter(contender.recipes.values()), None)
        if recipe is None:
            continue
        data = {key: value for key, value in recipe.to_dict().items() if key not in {"name", "seed"}}
        key = json.dumps(data, sort_keys=True)
        if key in met:
            raise UsageError(f"{_both(met[key], contender.target)} the same recipe; --seeds N varies its seed")
        met[key] = contender.target


def _joined(contenders: Sequence[Contender]) -> list[Contender]:
    """The runs of one recipe, made by the same versions, as one contender."""
    joined: dict[str, Contender] = {}
    for index, contender in enumerate(contenders):
        key = str(index)
        for run in contender.runs.values():
            data = {key: value for key, value in run.recipe.items() if key != "seed"}
            key = json.dumps([data, run.environment.get("versions"), dict(run.made_with)], sort_keys=True)
            twin = joined[key].runs.get((0, run.seed)) if key in joined else None
            if twin is not None:
                both = _both(str(twin.directory), str(run.directory))
                raise UsageError(f"{both} the same recipe and seed; leave one out")
        earlier = joined.get(key)
        joined[key] = replace(earlier, runs={**earlier.runs, **contender.runs}) if earlier else contender
    return list(joined.values())


def _both(one: str, other: str) -> str:
    return f"{one} is named twice:" if one == other else f"{one} and {other} are"
