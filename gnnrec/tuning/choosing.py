"""Which recommender for these data: a ladder of them, run within a budget of time and judged on validation."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from gnnrec.comparison.finished_runs import FinishedRuns
from gnnrec.data.size import Size
from gnnrec.errors import DataError, GnnrecError, UsageError, suggestion
from gnnrec.pipeline import load_split
from gnnrec.runs.free_memory import free_memory
from gnnrec.runs.peak_memory import forget_peak
from gnnrec.runs.record import VAL_PER_USER, read_finished_run
from gnnrec.runs.stopping import RunPruned
from gnnrec.tuning.budget import Bell, Pace
from gnnrec.tuning.choice import Choice, LeftOut, Row, chosen_among
from gnnrec.tuning.ladder import Ground, Rung, ladder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from gnnrec.data.split import Split
    from gnnrec.recipe.schema import Recipe
    from gnnrec.tuning.budget import Budget

logger = logging.getLogger("gnnrec")

FEWEST_EPOCHS = 10
"""A model that has time for fewer is not trained: its figures would say nothing of it."""


class NoTimeError(GnnrecError):
    """There is none left for a recommender."""


@dataclass(frozen=True)
class Divided:
    """The data, as all recommenders see them.

    Attributes:
        recipe: What says dataset, filters, features, split and evaluation.
        split: Of the interactions that count.
        source: What was loaded.
    """

    recipe: Recipe
    split: Split
    source: str


def divide(recipe: Recipe, metric: str) -> Divided:
    """Load and divide the data of a recipe, and see that a choice can be made on them.

    Raises:
        UsageError: There is no such validation metric.
        DataError: The data cannot be had or divided, or nothing is validation.
    """
    known = [name for name in recipe.measured if name != "loss"]
    if metric not in known:
        raise UsageError(
            f"no validation metric that all recommenders have is called '{metric}'{suggestion(metric, known)}"
        )
    _, loaded, split = load_split(recipe)
    for part in ("val", "test"):
        if not len(split.edges(part)):
            raise DataError(
                f"split '{recipe.split.name}' holds nothing out for {part}, so that nothing can be "
                f"{'chosen' if part == 'val' else 'tested'}; set its fields (-s), or take another split or more data"
            )
    return Divided(recipe, split, loaded.source)


def choose(
    data: Divided,
    budget: Budget,
    *,
    metric: str = "ndcg@10",
    out: str | Path = "runs",
    observers: Iterable[object] = (),
) -> Choice:
    """Run a ladder of recommenders from the cheapest on, and choose one by validation.

    The first is always run; another one only if there is time. A finished run of the same recipe, data and versions is
    taken as it is. What is trained has its epochs shortened to the time. Ctrl-C ends the ladder, with the choice among
    what is finished.

    Args:
        data: What `divide` gives.
        budget: The time.
        metric: The validation metric that decides.
        out: The root below which runs are made, and looked for.
        observers: Objects with run hooks, told of every run.

    Raises:
        GnnrecError: What kept the first recommender from being run.
        KeyboardInterrupt: None was finished before it.
    """
    size = Size.of(data.split.edges("train"))
    ground = Ground(data.recipe, data.split.interactions, size, metric, free_memory(), budget.left)
    climb = _Climb(budget, metric, out, tuple(observers))
    rungs = list(ladder(ground))
    interrupted = False
    for index, rung in enumerate(rungs):
        logger.info("%s: %d of %d, %.0f s left", rung.name, index + 1, len(rungs), max(0.0, budget.left))
        try:
            climb.take(rung, trained_to_come=sum(_is_trained(each) for each in rungs[index:]))
        except KeyboardInterrupt:
            if not climb.rows:
                raise
            logger.warning("interrupted at %s; what is finished stays, and the choice is among it", rung.name)
            climb.left_out += [LeftOut(each.name, "interrupted") for each in rungs[index:]]
            interrupted = True
            break
    return chosen_among(climb.rows, climb.left_out, metric, interrupted=interrupted)


def _is_trained(rung: Rung) -> bool:
    return rung.recipe is not None and rung.recipe.trainer is not None


class _Climb:
    """Goes from rung to rung, and keeps what came of each."""

    def __init__(self, budget: Budget, metric: str, out: str | Path, observers: Sequence[object]) -> None:
        self._budget, self._metric, self._out, self._observers = budget, metric, out, observers
        self._finished = FinishedRuns(out)
        self.rows: list[Row] = []
        self.left_out: list[LeftOut] = []

    def take(self, rung: Rung, trained_to_come: int) -> None:
        """Run it if there is time; the first in any case."""
        if rung.recipe is None:
            self.left_out.append(LeftOut(rung.name, rung.why))
            return
        try:
            taken = self._finished.find(rung.recipe)
            if taken is not None and (taken.directory / VAL_PER_USER).exists():
                logger.info("%s: done already, %s", rung.name, taken.directory)
                self.rows.append(Row(rung.name, rung.recipe, taken, ""))
                return
            self._require_time()
            row = self._trained(rung.name, rung.recipe, trained_to_come) if _is_trained(rung) else None
            self.rows.append(row or self._run(rung.name, rung.recipe, None, ""))
        except GnnrecError as error:
            if not self.rows:
                raise
            why = str(error).partition("\n")[0]
            logger.info("%s is left out: %s", rung.name, why)
            self.left_out.append(LeftOut(rung.name, why, for_time=isinstance(error, NoTimeError)))

    def _require_time(self) -> None:
        """See that there is as much as the last one took: the next takes at least that."""
        if self.rows:
            last = self.rows[-1]
            if self._budget.left < last.seconds:
                left = max(0.0, self._budget.left)
                raise NoTimeError(f"not begun: {left:.1f} s are left, and {last.name} took {last.seconds:.1f} s")

    def _trained(self, name: str, recipe: Recipe, to_come: int) -> Row:
        """Train it in its share of the time, with fewer epochs if need be."""
        if recipe.trainer is None:
            raise TypeError(f"{name} trains nothing")
        share, epochs = self._budget.left / to_come, recipe.trainer.epochs
        around = self._around
        pace = Pace(epochs, share, around)
        try:
            return self._run(name, recipe, pace, "")
        except RunPruned:
            if not pace.too_slow:
                raise NoTimeError(f"stopped after {pace.done} of {epochs} epochs: the time was up") from None
        fewer = pace.affordable(self._budget.left / to_come)
        if fewer < FEWEST_EPOCHS:  # rather this one than those after it
            fewer = pace.affordable(self._budget.left)
        fewer = min(fewer, epochs)
        if fewer < FEWEST_EPOCHS:
            raise NoTimeError(
                f"there is time for {fewer} of {epochs} epochs, and fewer than {FEWEST_EPOCHS} say nothing"
            )
        logger.info("%s: %d of %d epochs fit into the time", name, fewer, epochs)
        short = recipe.model_copy(update={"trainer": recipe.trainer.model_copy(update={"epochs": fewer})})
        pace = Pace(fewer, self._budget.left, around, plan=False)
        try:
            return self._run(name, short, pace, f"{fewer} of {epochs} epochs")
        except RunPruned:
            raise NoTimeError(f"stopped after {pace.done} of {fewer} epochs: the time was up") from None

    @property
    def _around(self) -> float:
        """Seconds that judging and writing a run take, by those that were made."""
        seconds = [row.run.metrics["seconds"] for row in self.rows]
        return float(median(each["total"] - each.get("load", 0) - each.get("train", 0) for each in seconds))

    def _run(self, name: str, recipe: Recipe, pace: Pace | None, note: str) -> Row:
        from gnnrec.pipeline import run

        is_of_it = forget_peak()
        bell = Bell(self._budget.left if self.rows else None)
        try:
            with bell:
                made = run(
                    recipe, out=self._out, observers=self._observers, go_on=None if pace is None else pace.goes_on
                )
        except KeyboardInterrupt:
            if not bell.rang:
                raise
            raise NoTimeError("stopped: the time was up") from None
        return Row(name, recipe, read_finished_run(made.directory), note, knows_peak=is_of_it)
