"""Searches the settings of a recipe, and writes down the best."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from gnnrec.errors import RunDirectoryError, TrainingError, UsageError
from gnnrec.plugin.registry import installed
from gnnrec.recipe.load import dump_recipe, load_recipe, to_yaml
from gnnrec.recipe.schema import Recipe
from gnnrec.runs.directory import RunFolder
from gnnrec.runs.resuming import differences
from gnnrec.tuning.page import write_page
from gnnrec.tuning.record import BEST
from gnnrec.tuning.search import require_same_data, search, validation_of
from gnnrec.tuning.settings import Settings
from gnnrec.tuning.space import read_space
from gnnrec.tuning.study import RECIPE, Study, require_optuna
from gnnrec.tuning.workers import search_side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gnnrec.tuning.record import Record
    from gnnrec.tuning.settings import Keep, Pruner, Sampler
    from gnnrec.tuning.space import Space


def tune(
    recipe: Recipe | str | Path,
    overrides: Mapping[str, Any] | Iterable[str] = (),
    ranges: Iterable[str] = (),
    *,
    trials: int | None = Settings.trials,
    minutes: float | None = None,
    metric: str = Settings.metric,
    seed: int = Settings.seed,
    sampler: Sampler = Settings.sampler,
    pruner: Pruner = Settings.pruner,
    keep: Keep = Settings.keep,
    workers: int = 1,
    out: str | Path = "runs",
    observers: Iterable[object] = (),
) -> Record:
    """Search a recipe's settings by validation; the test is not looked at.

    Args:
        recipe: A recipe, a path, or the name of a shipped recipe.
        overrides: Changes of the recipe that every trial has; of one that is named.
        ranges: What is searched: `encoder.channels=16..256:log`. Where none is given, what the recipe's `tune` says, or
            else what its components declare.
        trials: How many in all, the recipe's own settings first; None for as many as time allows.
        minutes: How long; as long as it takes if not given.
        metric: The validation metric that decides.
        seed: Rules what is tried.
        sampler: See `Settings`.
        pruner: See `Settings`.
        keep: Which trials' runs stay.
        workers: How many processes try side by side; this one alone if 1.
        out: The root below which the study's directory is made.
        observers: Objects with run hooks, told of every trial's run that this process makes.

    Returns:
        What was tried; `record.best` is the best trial, `<record.directory>/best.yaml` a recipe of it.

    Raises:
        UsageError: Something asked for is not there, or there is nothing to try it with.
        TrainingError: No trial finished.
        GnnrecError: Whatever else a user can mend.
    """
    require_budget(minutes, workers)
    settings = Settings(metric, trials, seed, sampler, pruner, keep)
    study = begin_study(recipe, overrides, ranges, settings=settings, out=out)
    return go_on(study, minutes, workers=workers, observers=observers)


def begin_study(
    recipe: Recipe | str | Path,
    overrides: Mapping[str, Any] | Iterable[str] = (),
    ranges: Iterable[str] = (),
    *,
    settings: Settings | None = None,
    out: str | Path = "runs",
    storage: str | None = None,
) -> Study:
    """Check what is asked for and make the directory of a search, before anything is tried.

    Args:
        recipe: A recipe, a path, or the name of a shipped recipe.
        overrides: Changes of the recipe that every trial has; of one that is named.
        ranges: What is searched: `encoder.channels=16..256:log`. Where none is given, what the recipe's `tune` says, or
            else what its components declare.
        settings: How.
        out: The root below which the study's directory is made.
        storage: The URL of a database for the trials, in place of a journal in the directory.

    Raises:
        UsageError: Something asked for is not there, the metric is not measured, nothing is val; or no Optuna.
        GnnrecError: The recipe is wrong, or its data cannot be had.
    """
    require_optuna()
    settings = settings or Settings()
    checked, space = what_is_tuned(recipe, overrides, ranges, settings)
    return Study.create(out, checked, settings, space, validation_of(checked), storage)


def what_is_tuned(
    recipe: Recipe | str | Path,
    overrides: Mapping[str, Any] | Iterable[str],
    ranges: Iterable[str],
    settings: Settings,
) -> tuple[Recipe, Space]:
    """A recipe and what is searched of it; see `begin_study`.

    Raises:
        GnnrecError: As `begin_study` does.
        NothingToTune: Nothing is named, and no component declares anything.
    """
    checked = recipe if isinstance(recipe, Recipe) else load_recipe(recipe, overrides)
    settings.changes(checked)
    with TemporaryDirectory() as folder:
        path = Path(folder) / RECIPE
        path.write_text(dump_recipe(checked), encoding="utf-8")
        return checked, read_space(path, ranges, installed())


def open_study(
    directory: str | Path,
    recipe: str | Path | None = None,
    overrides: Mapping[str, Any] | Iterable[str] = (),
    *,
    trials: int | None = None,
    storage: str | None = None,
) -> Study:
    """A search that was begun, to go on with.

    Args:
        directory: The study's.
        recipe: What it is expected to be of, if anything.
        overrides: Changes of that.
        trials: How many there shall be in all, in place of what was asked for at its beginning.
        storage: The database that it was begun with, if any.

    Raises:
        RunDirectoryError: There is no such study.
        UsageError: It is of another recipe, or its data have changed since.
    """
    study = Study(Path(directory).expanduser(), storage)
    if recipe is not None:
        different = differences(load_recipe(recipe, overrides), study.tuned)
        if different:
            raise UsageError(
                f"{directory} is a study of another recipe: {', '.join(different)}; resume it without a recipe, or "
                "start another study"
            )
    if trials is not None:
        study.settings = replace(study.settings, trials=trials)
    require_same_data(study)
    return study


def go_on(
    study: Study,
    minutes: float | None = None,
    *,
    workers: int = 1,
    storage: str | None = None,
    observers: Iterable[object] = (),
    told: Callable[[Record], None] = lambda _: None,
) -> Record:
    """Try until all is tried or time is up, and write down the best settings found, with a page about the search.

    Args:
        study: See `begin_study` and `open_study`.
        minutes: How long; as long as it takes if not given.
        workers: How many processes try side by side; this one alone if 1.
        storage: The database of the study, if it has one.
        observers: Objects with run hooks, told of every trial's run that this process makes.
        told: Called with the state of the search before and after each trial.

    Returns:
        What was tried. `<study>/best.yaml` holds the best of it.

    Raises:
        UsageError: There is no time, or no worker.
        KeyboardInterrupt: Ctrl-C or SIGTERM; the best so far is written.
        TrainingError: No trial finished.
    """
    require_budget(minutes, workers)
    try:
        if workers > 1:
            search_side_by_side(study, workers, minutes, told, storage)
        else:
            search(study, minutes, observers, told)
    finally:
        record = study.record()
        write_best(record)
        write_page(record, study.importances())
    if record.best is None:
        raise TrainingError(_nothing(record, minutes))
    return record


def require_budget(minutes: float | None, workers: int = 1) -> None:
    """See that there is time, and somebody to use it.

    Raises:
        UsageError: There is not.
    """
    if minutes is not None and not minutes > 0:
        raise UsageError(f"--minutes is above 0; got {minutes:g}")
    if workers < 1:
        raise UsageError(f"--workers is at least 1; got {workers}")


def write_best(record: Record, *, refit: bool = False) -> Path | None:
    """Write the recipe with the best settings found; None where nothing is found yet.

    Args:
        record: The search.
        refit: The recipe is to be fitted anew on train and val.
    """
    best = record.best
    if best is None:
        return None
    metric, study = record.settings.metric, record.directory
    recipe = load_recipe(study / RECIPE)
    changes: dict[str, Any] = record.space.overrides(best.parameters, installed())
    changes |= {key: value for key, value in record.settings.changes(recipe).items() if key != "refit"}
    changes |= {"refit": True} if refit else {}
    lines = [
        f"# gnnrec run {study / BEST}",
        "#",
        f"# The best of {len(record.of('finished'))} finished trials by validation: {metric} {best.value:.4f}"
        + (f", trial {best.number}." if not best.own else ", the recipe as it stands."),
    ]
    body = to_yaml({"extends": RECIPE, "name": recipe.name, **_nested(changes)})
    RunFolder(study, study).write_text(BEST, "\n".join(lines) + "\n" + body)
    return study / BEST


def best_recipe(record: Record) -> Recipe:
    """The recipe with the best settings found.

    Raises:
        RunDirectoryError: Nothing is found yet.
    """
    if record.best is None:
        raise RunDirectoryError(f"no trial of {record.directory} has finished yet")
    return load_recipe(record.directory / BEST)


def _nothing(record: Record, minutes: float | None) -> str:
    failed = record.of("failed")
    if failed:
        return f"no trial finished; {len(failed)} failed, the last one: {failed[-1].reason}"
    return f"no trial finished within {minutes:g} minutes; give it more, or a recipe that takes less"


def _nested(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys as a recipe has them; a list's items by their index."""
    found: dict[str, Any] = {}
    for key, value in changes.items():
        *above, last = (int(step) if step.isdecimal() else step for step in key.split("."))
        place: Any = found
        for step in above:
            place = place.setdefault(step, {})
        place[last] = value
    return found
