"""The one straight line: recipe → data → split → graphs → model → training → evaluation → run directory."""

from __future__ import annotations

import logging
import shlex
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gnnrec.contract.training import RunEnd, RunStart
from gnnrec.data.describe import count_split, doubts, told
from gnnrec.data.files import find_file
from gnnrec.data.filtering import apply_filters
from gnnrec.data.parts import HELD_OUT
from gnnrec.data.size import Size
from gnnrec.errors import DataError, UsageError
from gnnrec.evaluation.candidates import KEY, read_candidates
from gnnrec.evaluation.evaluator import Evaluator, warn_of_lengths
from gnnrec.modelling.objective import Objective
from gnnrec.plugin.registry import installed
from gnnrec.recipe.given_tables import with_tables
from gnnrec.recipe.load import dump_run, load_recipe
from gnnrec.recipe.made_with import made_with
from gnnrec.recipe.schema import Recipe, with_choices
from gnnrec.recipe.used_parts import unused_parts, used_parts
from gnnrec.report.page import write_report
from gnnrec.report.subject import Subject
from gnnrec.runs.blend_stages import stages_of
from gnnrec.runs.clock import Clock
from gnnrec.runs.directory import RunDirectory
from gnnrec.runs.environment import describe_environment
from gnnrec.runs.given_data import GivenData
from gnnrec.runs.needed_memory import needed_memory, require_memory
from gnnrec.runs.notebook import NotebookProgress, in_notebook
from gnnrec.runs.observing import Observers
from gnnrec.runs.peak_memory import memory_taken
from gnnrec.runs.record import read_run
from gnnrec.runs.refitting import FILE as CHOICE
from gnnrec.runs.refitting import choice_of, read_choice, require_data
from gnnrec.runs.resuming import require_same, require_unchanged, unfinished
from gnnrec.runs.saved import Run, load_run, save_fitted
from gnnrec.runs.stopping import RunPruned, StopRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gnnrec.contract.training import EpochRecord
    from gnnrec.data.interactions import Interactions
    from gnnrec.data.parts import Part
    from gnnrec.data.split import Split
    from gnnrec.evaluation.candidates import Candidates
    from gnnrec.runs.refitting import On

logger = logging.getLogger("gnnrec")


def run(
    recipe: Recipe | str | Path,
    overrides: Mapping[str, Any] | Iterable[str] = (),
    *,
    data: Any = None,
    out: str | Path = "runs",
    observers: Iterable[object] = (),
    test: bool = True,
    go_on: Callable[[EpochRecord], bool] | None = None,
) -> Run:
    """Do what a recipe says and return the finished run.

    Args:
        recipe: A recipe, a path, or the name of a shipped recipe.
        overrides: `{"encoder.channels": 32}`, or assignments as on the command line.
        data: A table of interactions to take in place of the recipe's data; or several by name, `{"interactions": …,
            "items": …, "users": …, ("user", "trusts", "user"): …}`. Tables are DataFrames of pandas or polars, or of
            Arrow. They are kept in the run's directory. Which column is what, the fields of `dataset` say, as of a
            file: `{"dataset.user": "customer", "dataset.timestamp": "time"}`.
        out: The root below which the run directory is made.
        observers: Objects with run hooks (`gnnrec_epoch_ended` and others), told besides the plugins.
        test: Whether the test interactions are looked at. Without, validation alone judges the run, as it should while
            settings are chosen; it has no report.
        go_on: Asked after each epoch whether training is worth going on with.

    Raises:
        RunPruned: `go_on` said no; nothing of the run is left.
        GnnrecError: Whatever a user can mend; a run that has not recorded an epoch leaves nothing behind, any other
            can be resumed.
        KeyboardInterrupt: Ctrl-C or SIGTERM; a checkpoint was saved if there was training to go on with.
    """
    given = None if data is None else GivenData.of(data)
    tables = None if given is None else given.files
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe, overrides, tables=tables)
    elif overrides:
        raise UsageError("overrides change a recipe as it is read; give a path or a name with them")
    elif tables is not None:
        recipe = with_tables(recipe, tables, installed())
    directory = RunDirectory.new(out, recipe.name, recipe.seed)
    carry_out = partial(_carry_out, observers=observers, begun_with={}, test=test, go_on=go_on)
    if given is None:
        return carry_out(directory, recipe)
    try:
        given.write(directory.path)
        directory.write_text("recipe.yaml", dump_run(recipe, {}, directory.path))
        recipe = load_recipe(directory.path / "recipe.yaml")
    except BaseException:
        directory.discard()
        raise
    try:
        return carry_out(directory, recipe)
    except DataError as error:
        raise given.told(error, directory.path) from None


def resume(
    directory: str | Path, recipe: Recipe | None = None, *, force: bool = False, observers: Iterable[object] = ()
) -> Run:
    """Go on with a run that did not finish, from its last checkpoint; on CPU the result is the uninterrupted run's.

    Args:
        directory: The run's `.partial` directory, or the name without `.partial`. A finished run is returned as it is.
        recipe: What the run is expected to be; its own recipe if not given.
        force: Go on although what gives its components has changed since; its recipe then says both.
        observers: As in `run`.

    Raises:
        RunDirectoryError: There is no such run, another process is at it, or the data have changed since.
        UsageError: `recipe` is not the run's (the message names the keys that differ), or what it was begun with has
            changed and `force` is not given.
    """
    path = unfinished(directory)
    stored = load_recipe((Path(directory).expanduser() if path is None else path) / "recipe.yaml")
    if recipe is not None:
        require_same(recipe, stored, directory)
    if path is None:
        return load_run(directory)
    begun_with = read_run(path).made_with
    if not force:
        again = f"gnnrec{_given()} resume --force {path}"
        require_unchanged(directory, begun_with, made_with(stored, installed()), again)
    return _carry_out(RunDirectory.reopen(path), stored, observers, begun_with)


def refit(
    directory: str | Path,
    on: On = "all",
    *,
    warm: bool = False,
    out: str | Path | None = None,
    observers: Iterable[object] = (),
) -> Run:
    """Fit a finished run's recommender anew on more data: the run that goes into use.

    A model goes again through the epochs that led to the chosen one. The run's own figures are those of a test after a
    refit on train and val; all others are the parent's, and called so.

    Args:
        directory: The parent: a finished run.
        on: `train+val`, or `all`, which leaves nothing to test on.
        warm: Start from the parent's weights instead of initial ones.
        out: The root below which the run directory is made; the parent's if not given.
        observers: As in `run`.

    Raises:
        RunDirectoryError: There is no such run, or it did not finish.
        UsageError: It has no validation, is of another version, has no weights to start from, or its data have changed
            since.
    """
    parent = read_run(directory)
    recipe = load_recipe(parent.directory / "recipe.yaml", {"refit": True})
    choice = choice_of(parent, on, made_with(recipe, installed()), warm=warm)
    made = RunDirectory.new(parent.directory.parent.parent if out is None else out, recipe.name, recipe.seed)
    try:
        made.write_json(CHOICE, choice.to_json())
    except BaseException:
        made.discard()
        raise
    return _carry_out(made, recipe, observers, {})


def load_split(recipe: Recipe) -> tuple[Recipe, Interactions, Split]:
    """Do what a recipe says of data: load, filter and split.

    Returns:
        The recipe with what loading chose, all interactions, and those that count, divided.

    Raises:
        GnnrecError: Whatever a user can mend.
    """
    interactions = recipe.dataset.load()
    logger.info("data: %s", interactions.source)
    split = recipe.split.split(apply_filters(interactions, recipe.filters))
    return with_choices(recipe, interactions.chosen), interactions, split


def _carry_out(
    directory: RunDirectory,
    recipe: Recipe,
    observers: Iterable[object],
    begun_with: Mapping[str, str],
    *,
    test: bool = True,
    go_on: Callable[[EpochRecord], bool] | None = None,
) -> Run:
    """Fill a directory, finish it, and tell observers how it ended."""
    try:
        watch = Observers(installed(), [*observers, *([NotebookProgress()] if in_notebook() else [])], go_on)
    except BaseException:
        directory.close()
        raise
    try:
        with StopRequest() as stop:
            metrics = _fill(directory, recipe, watch, stop, begun_with, test=test)
            path = directory.finish()
    except RunPruned:
        directory.discard()
        watch.run_ended(RunEnd("pruned", directory.path, None))
        raise
    except BaseException as error:
        status: Literal["failed", "interrupted"] = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        if directory.is_worth_keeping:
            directory.close()
            logger.warning("what was done so far is kept; go on with: gnnrec%s resume %s", _given(), directory.path)
        else:
            directory.discard()
        watch.run_ended(RunEnd(status, directory.path, None))
        raise
    watch.run_ended(RunEnd("done", path, metrics))
    return load_run(path)


def _given() -> str:
    """The `-p` options that a command has to be typed with again."""
    return "".join(f" -p {shlex.quote(plugin.typed)}" for plugin in installed().plugins if plugin.given)


def _tell(recipe: Recipe, split: Split, used: Mapping[str, str], counts: Mapping[str, int], *, is_judged: bool) -> None:
    """Say what there is, what of it has no say, and what makes figures doubtful."""
    logger.info("%s", told(counts))
    if unused := unused_parts(split.interactions.fingerprint, used):
        logger.info("loaded and not used by this recipe: %s", ", ".join(unused))
    if is_judged:
        warn_of_lengths(recipe.evaluation.k, counts["items"])
        for doubt in doubts(split):
            logger.warning("%s", doubt)


def _evaluators(
    recipe: Recipe, split: Split, candidates: Candidates | None, parts: Iterable[Part]
) -> dict[Part, Evaluator]:
    """What asks the questions about each part."""
    objective = Objective.of(recipe.loss)
    return {part: Evaluator(split, part, recipe.evaluation, recipe.split.seed, objective, candidates) for part in parts}


def _fill(
    directory: RunDirectory,
    recipe: Recipe,
    watch: Observers,
    stop: StopRequest,
    begun_with: Mapping[str, str],
    *,
    test: bool,
) -> dict[str, Any]:
    """Fill a run directory from start to end; returns the content of metrics.json."""
    clock, choice = Clock(), read_choice(directory.path)
    origin = "" if choice is None else choice.origin
    directory.write_text("recipe.yaml", origin + dump_run(recipe, begun_with, directory.path))
    is_judged = choice is None or choice.on != "all"  # or nothing is held out
    named = recipe.evaluation.candidates if is_judged else None
    if named is not None:
        find_file(named, KEY)  # before any work

    with clock.phase("load"):
        recipe, interactions, split = load_split(recipe)
    counts, used = count_split(split), used_parts(recipe, interactions.fingerprint)
    _tell(recipe, split, used, counts, is_judged=is_judged)
    require_memory(recipe, size := Size.of(split.edges("train")))
    if choice is not None:
        require_data(choice, used, split.fingerprint, directory.path)
    directory.write_text("recipe.yaml", origin + dump_run(recipe, begun_with, directory.path))

    asked = [part for part in HELD_OUT if len(split.edges(part)) and (test or part != "test")]
    candidates = read_candidates(named, split, asked)
    judged = [part for part in HELD_OUT if part in asked or (test and part == "test")]
    evaluators = _evaluators(recipe, split, candidates, judged)
    test_evaluator = evaluators.get("test")
    stages = stages_of(directory, recipe, split, used, stop, choice)
    watch.run_started(RunStart(recipe, directory.path, stages.epochs, counts, stages.epochs_done))
    outcome = stages.fit(evaluators.get("val"), clock, watch)
    stop.forget()

    data = {"source": interactions.source, "fingerprint": interactions.fingerprint, "used": [*used], **counts}
    environment = describe_environment(installed()) | {
        "device": outcome.fitted.device,
        "dataset": data,
        "split_fingerprint": split.fingerprint,
        "negatives_fingerprint": None if test_evaluator is None else test_evaluator.negatives_fingerprint,
        "candidates_fingerprint": None if candidates is None else candidates.fingerprint,
        "seeds": {"seed": recipe.seed, "split": recipe.split.seed},
    }
    directory.write_json("environment.json", environment)
    fitted, choice = outcome.fitted, outcome.choice
    metrics: dict[str, Any] = {**outcome.told(), "test": {}}
    if choice is not None:
        metrics |= choice.told()
    if choice is not None and not is_judged:
        save_fitted(directory, fitted, stages.learned(choice))
    elif test_evaluator is None:
        save_fitted(directory, fitted, split, candidates=candidates)
    else:
        with clock.phase("evaluate"):
            scoring = fitted.scoring("test")
            found = test_evaluator.judge(scoring)
        metrics |= {"test": found.metrics, "groups": asdict(found.groups)}
        save_fitted(directory, fitted, split, found.per_user, candidates)
        metrics["seconds"] = clock.seconds()
        history = Run(directory.path).history
        ours = evaluators.__getitem__
        write_report(Subject(directory.path, recipe, metrics, history, split, scoring, environment, ours))
    metrics["seconds"] = clock.seconds()  # with the report's
    metrics["memory"] = memory_taken(fitted.device) | {"estimated_bytes": needed_memory(recipe, size).amount}
    directory.write_json("metrics.json", metrics)
    return metrics
