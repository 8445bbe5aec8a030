"""Tries one setting after the other, until the budget is spent."""

from __future__ import annotations

import logging
import re
import shutil
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from gnnrec.contract.blending import Blending
from gnnrec.errors import GnnrecError, RunDirectoryError, TrainingError, UsageError, is_out_of_memory
from gnnrec.pipeline import load_split, run
from gnnrec.plugin.registry import installed
from gnnrec.recipe.load import load_recipe
from gnnrec.runs.stopping import RunPruned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import optuna

    from gnnrec.contract.training import EpochRecord
    from gnnrec.recipe.schema import Recipe
    from gnnrec.tuning.record import Record
    from gnnrec.tuning.study import Study

HOPELESS = 10
"""After so many trials that all failed for one reason no more are tried."""

logger = logging.getLogger("gnnrec")


class TimeIsUp(Exception):  # noqa: N818 - nothing went wrong
    """The trial that was running when time was up."""


def require_same_data(study: Study) -> None:
    """See that the data are those that the trials so far were judged on.

    Raises:
        UsageError: They have changed, or nothing is val.
        GnnrecError: They cannot be had.
    """
    found = validation_of(study.tuned)
    if found != study.split_fingerprint:
        raise UsageError(
            f"the data of {study.path} have changed since it was begun (fingerprint {found[:8]}, it was "
            f"{study.split_fingerprint[:8]}), so its trials are no longer comparable; start another study"
        )


def validation_of(recipe: Recipe) -> str:
    """The fingerprint of a recipe's split, which holds something to choose by.

    Raises:
        UsageError: Nothing is val.
        GnnrecError: The data cannot be had.
    """
    _, _, split = load_split(recipe)
    if not len(split.edges("val")):
        raise UsageError(f"{recipe.name}: nothing is val, so nothing can be chosen by it; give the split a val share")
    return split.fingerprint


def search(
    study: Study,
    minutes: float | None = None,
    observers: Iterable[object] = (),
    told: Callable[[Record], None] = lambda _: None,
) -> None:
    """Try until all trials are done, or time is up.

    Args:
        study: What is tried.
        minutes: How long; a trial that is still running then is given up.
        observers: Objects with run hooks, told of every run.
        told: Called after each trial.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM; the running trial will be tried again by whoever goes on.
        TrainingError: The first ten trials all failed for one reason.
        RunDirectoryError: The disk is full or may not be written.
    """
    observers = tuple(observers)
    deadline = None if minutes is None else time.monotonic() + 60 * minutes
    try:
        while not _is_over(deadline) and (trial := study.begin()) is not None:
            told(study.record())
            try:
                _carry_out(study, trial, deadline, observers)
            except TimeIsUp:
                study.interrupt(trial)
                return
            except BaseException as error:
                with suppress(OSError, RunDirectoryError):  # what went wrong is told, and not that it still does
                    study.interrupt(trial)
                if isinstance(error, OSError):
                    raise RunDirectoryError(f"cannot write {study.path}: {error.strerror or error}") from None
                raise
            record = study.record()
            told(record)
            _require_hope(record)
    finally:
        study.close()


def _carry_out(study: Study, trial: optuna.Trial, deadline: float | None, observers: tuple[object, ...]) -> None:
    """Run a trial and write down what became of it."""
    started = time.monotonic()
    values = trial.user_attrs["values"]
    is_own, settings = bool(trial.user_attrs.get("own")), study.settings
    changes = {**study.space.overrides(values, installed())}

    def seconds() -> dict[str, Any]:
        return {"seconds": round(time.monotonic() - started, 3)}

    try:
        recipe = load_recipe(study.recipe, changes)
        recipe = load_recipe(study.recipe, {**changes, **settings.changes(recipe)})
        ask = _Verdict(
            study, trial, deadline, is_one_curve=not isinstance(recipe.scorer, Blending), may_prune=not is_own
        )
        with _quiet(first=trial.number == 0):
            finished = run(recipe, out=study.folder(trial.number), observers=observers, test=False, go_on=ask)
        value = finished.metrics["val"][settings.metric]
    except RunPruned:
        if _is_over(deadline):
            raise TimeIsUp from None
        study.prune(trial, seconds())
        shutil.rmtree(study.folder(trial.number), ignore_errors=True)
        return
    except Exception as error:
        if isinstance(error, OSError | RunDirectoryError) and not is_out_of_memory(error):
            raise  # the disk's fault, and not the setting's
        study.fail(trial, _reason(error), seconds())
        logger.warning("trial %d failed: %s", trial.number, _reason(error))
        shutil.rmtree(study.folder(trial.number), ignore_errors=True)
        return
    study.finish(
        trial,
        value,
        {
            **seconds(),
            "best_epoch": finished.metrics["best_epoch"],
            "run": str(finished.directory.relative_to(study.path)),
        },
    )
    _clear(study)


@contextmanager
def _quiet(*, first: bool) -> Iterator[None]:
    """All trials say the same of the data, which is told already, and warn of the same: that is heard of the first."""
    before = logger.level
    logger.setLevel(logging.WARNING if first else logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


class _Verdict:
    """Whether a trial is worth going on with, asked after each epoch."""

    def __init__(
        self, study: Study, trial: optuna.Trial, deadline: float | None, *, is_one_curve: bool, may_prune: bool
    ) -> None:
        self._metric, self._trial, self._deadline = study.settings.metric, trial, deadline
        self._is_one_curve, self._may_prune = is_one_curve, may_prune

    def __call__(self, epoch: EpochRecord) -> bool:
        if _is_over(self._deadline):
            return False
        value = epoch.val.get(self._metric)
        if value is None or not self._is_one_curve:  # the parts of a blend have a curve each
            return True
        self._trial.report(value, epoch.epoch)
        return not (self._may_prune and self._trial.should_prune())


def _clear(study: Study) -> None:
    """Remove the runs that are not to be kept."""
    keep = study.settings.keep
    if keep == "all":
        return
    record = study.record()
    best = record.best
    for trial in record.of("finished"):
        if trial.run is not None and (keep == "none" or best is None or trial.number != best.number):
            shutil.rmtree(study.folder(trial.number), ignore_errors=True)


def _reason(error: Exception) -> str:
    if is_out_of_memory(error):
        return f"memory ran out: {str(error) or type(error).__name__}"
    return str(error) if isinstance(error, GnnrecError) else f"{type(error).__name__}: {error}"


def _require_hope(record: Record) -> None:
    tried = record.tried
    reasons = {re.sub(r"\d+", "0", trial.reason) for trial in tried if trial.state == "failed"}
    if len(tried) >= HOPELESS and len(record.of("failed")) == len(tried) and len(reasons) == 1:
        raise TrainingError(f"the first {len(tried)} trials all failed, so no more are tried: {tried[-1].reason}")


def _is_over(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() >= deadline
