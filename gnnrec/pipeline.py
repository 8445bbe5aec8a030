"""The one straight line: recipe → data → split → graphs → model → training → evaluation → run directory."""

from __future__ import annotations

import logging
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gnnrec.contract.training import RunEnd, RunStart
from gnnrec.data.describe import count_split
from gnnrec.errors import UsageError
from gnnrec.evaluation.evaluator import Evaluator
from gnnrec.modelling.fitting import fit
from gnnrec.modelling.objective import Objective
from gnnrec.plugin.registry import installed
from gnnrec.randomness import Streams
from gnnrec.recipe.load import dump_run, load_recipe
from gnnrec.recipe.made_with import made_with
from gnnrec.recipe.schema import Recipe, recommender_of, with_choices
from gnnrec.report.page import write_report
from gnnrec.report.subject import Subject
from gnnrec.runs.checkpointing import StoredCheckpoints
from gnnrec.runs.clock import Clock
from gnnrec.runs.directory import RunDirectory
from gnnrec.runs.environment import describe_environment
from gnnrec.runs.observing import Observers
from gnnrec.runs.record import read_run
from gnnrec.runs.resuming import require_same, require_unchanged, unfinished
from gnnrec.runs.saved import Run, load_run, save_fitted
from gnnrec.runs.stopping import StopRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gnnrec.contract.training import EpochRecord

logger = logging.getLogger("gnnrec")

COUNTS = "%s users, %s items, %s interactions; %s message edges, %s supervision edges, %s val, %s test"
"""A line over `count_split`."""


def run(
    recipe: Recipe | str | Path,
    overrides: Mapping[str, Any] | Iterable[str] = (),
    *,
    out: str | Path = "runs",
    observers: Iterable[object] = (),
) -> Run:
    """Do what a recipe says and return the finished run.

    Args:
        recipe: A recipe, a path, or the name of a shipped recipe.
        overrides: `{"encoder.channels": 32}`, or assignments as on the command line.
        out: The root below which the run directory is made.
        observers: Objects with run hooks (`gnnrec_epoch_ended` and others), told besides the plugins.

    Raises:
        GnnrecError: Whatever a user can mend; a run that has not recorded an epoch leaves nothing behind, any other
            can be resumed.
        KeyboardInterrupt: Ctrl-C or SIGTERM; a checkpoint was saved if there was training to go on with.
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe, overrides)
    elif overrides:
        raise UsageError("overrides change a recipe as it is read; give a path or a name with them")
    return _carry_out(RunDirectory.new(out, recipe.name, recipe.seed), recipe, observers, {})


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


def _carry_out(
    directory: RunDirectory, recipe: Recipe, observers: Iterable[object], begun_with: Mapping[str, str]
) -> Run:
    """Fill a directory, finish it, and tell observers how it ended."""
    try:
        watch = Observers(installed(), observers)
    except BaseException:
        directory.close()
        raise
    try:
        with StopRequest() as stop:
            metrics = _fill(directory, recipe, watch, stop, begun_with)
            path = directory.finish()
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


def _fill(
    directory: RunDirectory, recipe: Recipe, watch: Observers, stop: StopRequest, begun_with: Mapping[str, str]
) -> dict[str, Any]:
    """Fill a run directory from start to end; returns the content of metrics.json."""
    clock = Clock()
    directory.write_text("recipe.yaml", dump_run(recipe, begun_with))

    with clock.phase("load"):
        interactions = recipe.dataset.load()
        recipe = with_choices(recipe, interactions.chosen)
        split = recipe.split.split(interactions)
    counts = count_split(split)
    logger.info("data: %s", interactions.source)
    logger.info(COUNTS, *(f"{count:,}" for count in counts.values()))
    directory.write_text("recipe.yaml", dump_run(recipe, begun_with))

    streams, trainer, objective = Streams(recipe.seed), recipe.trainer, Objective.of(recipe.loss)
    ask = partial(Evaluator, split, evaluation=recipe.evaluation, seed=recipe.split.seed, objective=objective)
    val_evaluator, test_evaluator = ask("val"), ask("test")
    epochs, every = (trainer.epochs, trainer.checkpoint_seconds) if trainer is not None else (0, 0)
    checkpoints = StoredCheckpoints(directory.checkpoints, every, stop, split.fingerprint)
    directory.keep_history(checkpoints.epochs_done)
    watch.run_started(RunStart(recipe, directory.path, epochs, counts, checkpoints.epochs_done))

    def epoch_ended(record: EpochRecord) -> None:
        directory.append_history(record.to_json())
        watch.epoch_ended(record)

    judge = partial(val_evaluator.judge_epoch, monitor=trainer.monitor if trainer is not None else "loss")
    with clock.phase("train"), streams.global_state():
        features = dict(recipe.features)
        fitted = fit(recommender_of(recipe), features, split, streams, judge, epoch_ended, checkpoints)
    stop.forget()

    with clock.phase("evaluate"):
        val = val_evaluator.measure(fitted.scoring("validate"))
        scoring = fitted.scoring("test")
        test, per_user = test_evaluator.judge(scoring)

    environment = describe_environment(installed())
    environment |= {
        "device": fitted.device,
        "dataset": {"source": interactions.source, "fingerprint": interactions.fingerprint, **counts},
        "split_fingerprint": split.fingerprint,
        "seeds": {"seed": recipe.seed, "split": recipe.split.seed},
    }
    directory.write_json("environment.json", environment)
    save_fitted(directory, fitted, split, per_user)
    metrics = {"best_epoch": fitted.best_epoch, "val": val, "test": test, "seconds": clock.seconds()}
    history = Run(directory.path).history
    write_report(Subject(directory.path, recipe, metrics, history, split, scoring, per_user, environment))
    metrics["seconds"] = clock.seconds()  # with the report's
    directory.write_json("metrics.json", metrics)
    return metrics
