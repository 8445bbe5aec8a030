"""A comparison in which every contender is tuned first, with the same budget."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnnrec.comparison.compare import compare
from gnnrec.comparison.contenders import read_contenders
from gnnrec.errors import GnnrecError, UsageError
from gnnrec.runs.listing import STUDY
from gnnrec.runs.resuming import differences
from gnnrec.tuning.search import validation_of
from gnnrec.tuning.settings import Settings
from gnnrec.tuning.space import NothingToTune
from gnnrec.tuning.study import Study
from gnnrec.tuning.tune import best_recipe, go_on, what_is_tuned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gnnrec.comparison.leaderboard import Comparison
    from gnnrec.recipe.schema import Recipe
    from gnnrec.tuning.record import Record

logger = logging.getLogger("gnnrec")


@dataclass(frozen=True)
class TuningBudget:
    """What each contender is given.

    Attributes:
        trials: How many, the recipe's own settings among them; None for as many as time allows.
        minutes: How long, in all; None for as long as it takes.
    """

    trials: int | None = None
    minutes: float | None = None

    @classmethod
    def read(cls, text: str) -> TuningBudget:
        """`20` is trials, `10m` is minutes.

        Raises:
            UsageError: It is neither, or nothing.

        >>> TuningBudget.read("20"), TuningBudget.read("1.5m")
        (TuningBudget(trials=20, minutes=None), TuningBudget(trials=None, minutes=1.5))
        """
        number, is_minutes = (text.strip().removesuffix("m"), text.strip().endswith("m"))
        try:
            found = cls(minutes=float(number)) if is_minutes else cls(trials=int(number))
        except ValueError:
            raise UsageError(f"--tune is a number of trials (20) or of minutes (10m); got '{text}'") from None
        if not (found.minutes or found.trials or 0) > 0:
            raise UsageError(f"--tune is above 0; got '{text}'")
        return found

    def __str__(self) -> str:
        return f"{self.trials} trials" if self.minutes is None else f"{self.minutes:g} minutes"


def compare_tuned(
    targets: Iterable[str | Path],
    budget: TuningBudget,
    *,
    overrides: Mapping[str, Any] | Iterable[str] = (),
    out: str | Path = "runs",
    metric: str = "ndcg@10",
    observers: Iterable[object] = (),
    told: Callable[[Record], None] = lambda _: None,
    **others: Any,
) -> Comparison:
    """Tune each recipe by validation, with the same budget, and compare the best of each by the test.

    What is found below `out` is not done again: studies of the same recipe, settings and data go on from where they
    are. A recipe without anything to tune, and a finished run, are compared as they are.

    Args:
        targets: As `compare` takes them.
        budget: Of each.
        overrides: As `compare` takes them.
        out: The root below which studies and runs are made, and looked for.
        metric: Decides, in validation and in the test.
        observers: Told of every run, trials among them.
        told: Called with the state of each search before and after each trial.
        others: Further arguments of `compare`.

    Raises:
        UsageError: As `compare` does; or recipes are not judged on the same validation interactions.
        GnnrecError: Whatever else a user can mend. What is finished stays, and the same call goes on from there.
    """
    settings, observers = Settings(metric=metric, trials=budget.trials), tuple(observers)
    found: list[str | Recipe | Study] = []
    for contender in read_contenders(list(targets), overrides):
        recipe = next(iter(contender.recipes.values()), None)
        try:
            found.append(contender.target if recipe is None else _study(recipe, settings, out))
        except NothingToTune:
            logger.info("%s: there is nothing to tune, so it is run as it is", contender.name)
            found += [] if recipe is None else [recipe]
    _require_same_validation([each for each in found if isinstance(each, Study)])
    chosen = [_best(each, budget, observers, told) if isinstance(each, Study) else each for each in found]
    board = compare(chosen, out=out, metric=metric, observers=observers, **others)
    return replace(board, budget=f"each tuned by {budget} on validation, where it declares ranges")


def _study(recipe: Recipe, settings: Settings, out: str | Path) -> Study:
    """The study of a recipe: one that is there already, or a new one."""
    recipe, space = what_is_tuned(recipe, (), (), settings)
    fingerprint = validation_of(recipe)
    for path in sorted((Path(out).expanduser() / recipe.name).glob(f"*{STUDY}")):
        try:
            study = Study(path)
        except GnnrecError:
            continue  # of another version, or damaged
        same = (study.settings, study.space, study.split_fingerprint) == (settings, space, fingerprint)
        if same and not differences(recipe, study.tuned):
            logger.info("%s: going on with %s", recipe.name, path)
            return study
    return Study.create(out, recipe, settings, space, fingerprint, None)


def _best(study: Study, budget: TuningBudget, observers: tuple[object, ...], told: Callable[[Record], None]) -> Recipe:
    """The best settings that a contender has within the budget."""
    before = study.record()
    minutes = budget.minutes
    if minutes is not None:
        minutes -= sum(trial.seconds for trial in before.trials) / 60
    if minutes is None or minutes > 0:
        logger.info("%s: tuned by %s, in %s", before.recipe, budget, study.path)
        return best_recipe(go_on(study, minutes, observers=observers, told=told))
    return best_recipe(before)


def _require_same_validation(studies: Sequence[Study]) -> None:
    """See that all contenders choose by the same interactions.

    Raises:
        UsageError: They do not.
    """
    for study in studies[1:]:
        if study.split_fingerprint != studies[0].split_fingerprint:
            one, other = (each.tuned.name for each in (studies[0], study))
            raise UsageError(
                f"{one} and {other} are not tuned on the same validation interactions; give them the same dataset, "
                "filters and split"
            )
