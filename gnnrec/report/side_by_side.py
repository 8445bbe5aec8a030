"""What a page about several runs over one split says, as plain numbers and words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from gnnrec.errors import UsageError
from gnnrec.report.content import environment_facts, monitor, ranked, summary
from gnnrec.report.curves import Curves, curves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gnnrec.runs.saved import Run

ABSENT = "–"

GRID = 50
"""Steps of a metric between 0 and 1 within which two users are one dot."""


@dataclass(frozen=True)
class Duel:
    """A metric of each user under two runs, in dots that may stand for several users.

    Attributes:
        first: The label of the run on the horizontal axis.
        second: That of the run on the vertical axis.
        metric: Its name.
        x: The metric under the first run.
        y: Under the second.
        users: How many each dot stands for.
        better: Users for whom the second run is better.
        equal: Users for whom both are the same.
        worse: Users for whom the second run is worse.
    """

    first: str
    second: str
    metric: str
    x: list[float]
    y: list[float]
    users: list[int]
    better: int
    equal: int
    worse: int


@dataclass(frozen=True)
class SideBySide:
    """All that a page about several runs says; what is by run is in the order of `labels`.

    Attributes:
        labels: What each run is called on the page.
        places: Recipe and run of each.
        summaries: How each was fitted.
        ranked: What rankings are over, in words.
        metrics: Test metrics, by name, of each run; None where a run does not have one.
        asked_alike: Whether all runs were asked the same evaluation negatives, so that loss, auc and ap compare.
        differences: Recipe keys that are not the same in all, with the value of each run.
        curves: None for a run that was not trained.
        monitors: The metric that chose each run's epoch; empty for a run that was not trained.
        duels: The first run against each other one, user by user; empty where they have no metric in common.
        environments: What each run's numbers depend on.
    """

    labels: list[str]
    places: list[str]
    summaries: list[str]
    ranked: str
    metrics: dict[str, list[float | None]]
    asked_alike: bool
    differences: dict[str, list[str]]
    curves: list[Curves | None]
    monitors: list[str]
    duels: list[Duel]
    environments: list[dict[str, str]]


def put_side_by_side(runs: Sequence[Run]) -> SideBySide:
    """Put runs side by side.

    Raises:
        UsageError: There are fewer than two, one is given twice, or their splits differ.
    """
    _check(runs)
    labels = _labels(runs)
    names = list(dict.fromkeys(name for run in runs for name in run.metrics["test"]))
    recipes = [run.recipe for run in runs]
    asked = {(recipe.split.seed, recipe.evaluation.negatives) for recipe in recipes}
    return SideBySide(
        labels=labels,
        places=[f"{run.recipe.name}/{run.directory.resolve().name}" for run in runs],
        summaries=[summary(run.recipe, run.metrics, run.environment) for run in runs],
        ranked=ranked(recipes[0]),
        metrics={name: [run.metrics["test"].get(name) for run in runs] for name in names},
        asked_alike=len(asked) == 1,
        differences=differences([recipe.to_dict() for recipe in recipes]),
        curves=[curves(run.history, run.metrics["best_epoch"]) for run in runs],
        monitors=[monitor(recipe) for recipe in recipes],
        duels=_duels(labels, runs),
        environments=[environment_facts(run.environment) for run in runs],
    )


def differences(recipes: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The keys at which recipes differ, dotted, with the value of each.

    >>> differences([{"seed": 0, "loss": {"name": "bce"}}, {"seed": 1, "loss": {"name": "bce"}}])
    {'seed': ['0', '1']}
    """
    flat = [_flat(recipe) for recipe in recipes]
    keys = dict.fromkeys(key for each in flat for key in each)
    rows = {key: [each.get(key, ABSENT) for each in flat] for key in keys}
    return {key: values for key, values in rows.items() if len(set(values)) > 1}


def duel(labels: tuple[str, str], metric: str, first: pd.Series[float], second: pd.Series[float]) -> Duel:
    """A metric of the users whom both runs have, by original id, under the one and the other.

    >>> met = duel(("a", "b"), "ndcg@10", pd.Series({1: 0.0, 2: 0.0, 3: 1.0}), pd.Series({1: 1.0, 2: 1.0, 3: 1.0}))
    >>> met.x, met.y, met.users, met.better, met.equal, met.worse
    ([0.0, 1.0], [1.0, 1.0], [2, 1], 2, 1, 0)
    """
    both = pd.DataFrame({"x": first, "y": second}).dropna()
    dots = ((both * GRID).round() / GRID).groupby(["x", "y"]).size().rename("users").reset_index()
    return Duel(
        *labels,
        metric,
        x=dots["x"].tolist(),
        y=dots["y"].tolist(),
        users=dots["users"].tolist(),
        better=int((both["y"] > both["x"]).sum()),
        equal=int((both["y"] == both["x"]).sum()),
        worse=int((both["y"] < both["x"]).sum()),
    )


def _duels(labels: Sequence[str], runs: Sequence[Run]) -> list[Duel]:
    """The first run against each other one, by the first ndcg that both have."""
    first, *others = (run.per_user.set_index("user") for run in runs)
    duels = []
    for label, other in zip(labels[1:], others, strict=True):
        shared = [name for name in first.columns if name.startswith("ndcg@") and name in other.columns]
        duels += [duel((labels[0], label), name, first[name], other[name]) for name in shared[:1]]
    return duels


def _check(runs: Sequence[Run]) -> None:
    if len(runs) < 2:  # noqa: PLR2004 - that is what side by side means
        raise UsageError(f"side by side takes two runs or more; got {len(runs)}")
    places = Counter(run.directory.resolve() for run in runs)
    twice = [str(place) for place, count in places.items() if count > 1]
    if twice:
        raise UsageError(f"{twice[0]} is given twice")
    first, *others = runs
    for run in others:
        if run.environment.get("split_fingerprint") != first.environment.get("split_fingerprint"):
            raise UsageError(
                f"{first.directory} and {run.directory} were judged on different splits, so their numbers do not "
                "compare; run both with the same dataset and split sections"
            )
        if run.environment.get("candidates_fingerprint") != first.environment.get("candidates_fingerprint"):
            raise UsageError(
                f"{first.directory} and {run.directory} ranked different candidates, so their numbers do not compare; "
                "judge both by the same evaluation.candidates"
            )


def _labels(runs: Sequence[Run]) -> list[str]:
    """The shortest names that tell the runs apart: by recipe, by recipe and seed, or by recipe and time."""
    by_recipe = [run.recipe.name for run in runs]
    by_seed = [f"{run.recipe.name}, seed {run.recipe.seed}" for run in runs]
    by_time = [f"{run.recipe.name}/{run.directory.resolve().name}" for run in runs]
    by_place = [str(run.directory) for run in runs]
    return next(names for names in (by_recipe, by_seed, by_time, by_place) if len(set(names)) == len(runs))


def _flat(value: Any, prefix: str = "") -> dict[str, str]:
    """Nested mappings as dotted keys; whatever else there is as text."""
    if not isinstance(value, dict):
        return {prefix: ", ".join(map(_word, value)) if isinstance(value, list) else _word(value)}
    found: dict[str, str] = {}
    for key, each in value.items():
        found |= _flat(each, f"{prefix}.{key}" if prefix else str(key))
    return found


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={each}" if key != "name" else str(each) for key, each in value.items())
    if isinstance(value, bool):
        return str(value).lower()
    return ABSENT if value is None else str(value)
