"""What the page of a study says, as plain numbers and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from gnnrec.contract.tuned import TunedAmong
from gnnrec.tuning.record import place
from gnnrec.tuning.verdict import summary, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gnnrec.contract.tuned import Plain
    from gnnrec.tuning.record import Record, Trial
    from gnnrec.tuning.space import Axis

ABSENT = "–"

BANDS = 5
"""Steps of value that finished trials are told apart by, besides the best."""


@dataclass(frozen=True)
class Band:
    """Finished trials of about equal value.

    Attributes:
        label: Which values these are.
        trials: The best first.
    """

    label: str
    trials: tuple[Trial, ...]


@dataclass(frozen=True)
class Setting:
    """A parameter, in words.

    Attributes:
        searched: Its range, or its choices.
        own: The recipe's own value.
        best: That of the best trial.
        edge: On which end of the range that one lies; empty where it does not.
        bands: What the trials of each band have.
    """

    searched: str
    own: str
    best: str
    edge: str
    bands: list[str]


@dataclass(frozen=True)
class Row:
    """A trial, in words.

    Attributes:
        number: Counted from 0.
        state: What became of it.
        value: The validation metric; None unless it is finished.
        parameters: In the order of the space.
        epoch: The one it was chosen at; None for a scorer.
        seconds: It took so long.
        reason: Why it failed.
        own: Whether it is the recipe as it stands.
        best: Whether it is the best.
    """

    number: int
    state: str
    value: float | None
    parameters: list[str]
    epoch: int | None
    seconds: float
    reason: str
    own: bool
    best: bool


@dataclass(frozen=True)
class Learned:
    """A trial's learning curve, in numbers.

    Attributes:
        number: The trial's.
        state: What became of it.
        epochs: It was last judged at this one.
        best: The best value of an epoch.
        at: That epoch.
        last: The value of the last one.
    """

    number: int
    state: str
    epochs: int
    best: float
    at: int
    last: float


@dataclass(frozen=True)
class Content:
    """All that a study's page says.

    Attributes:
        recipe: The name of what is tuned.
        study: The directory's name.
        summary: How it was searched, in a sentence.
        verdict: What came of it, in sentences.
        settings: By parameter.
        bands: Finished trials from the best to the worst; the first is the best one alone.
        steps: The trials that were the best when they finished: number, value.
        importances: Shares of the differences between trials, by parameter, the largest first.
        learned: Learning curves of trials that have one of two epochs or more.
        rows: All trials.
    """

    recipe: str
    study: str
    summary: str
    verdict: list[str]
    settings: dict[str, Setting]
    bands: list[Band]
    steps: list[tuple[int, float]]
    importances: dict[str, float]
    learned: list[Learned]
    rows: list[Row]


def gather(record: Record, importances: Mapping[str, float]) -> Content:
    """All that a study's page says.

    Args:
        record: The search as it stands.
        importances: How much of the differences between trials each parameter accounts for.
    """
    found = bands(record)
    ranked = sorted(importances.items(), key=lambda each: -each[1])
    return Content(
        recipe=record.recipe,
        study=record.directory.name,
        summary=summary(record),
        verdict=verdict(record),
        settings=_settings(record, found),
        bands=found,
        steps=steps(record),
        importances=dict(ranked) if len(record.space.axes) > 1 else {},
        learned=[_learned(record, trial) for trial in curved(record)],
        rows=[_row(record, trial) for trial in record.trials],
    )


def bands(record: Record) -> list[Band]:
    """Finished trials from the best to the worst: the best alone, the others in up to five bands of equal number."""
    best = record.best
    if best is None:
        return []
    sign = 1 if record.settings.direction == "minimize" else -1
    others = [trial for trial in record.of("finished") if trial is not best]
    others.sort(key=lambda trial: sign * cast("float", trial.value))
    parts = np.array_split(np.arange(len(others)), min(BANDS, len(others))) if others else []
    return [
        Band(f"the best, {best.value:.4f}", (best,)),
        *(_band([others[place] for place in part]) for part in parts),
    ]


def _band(trials: Sequence[Trial]) -> Band:
    first, last = (f"{trial.value:.4f}" for trial in (trials[0], trials[-1]))
    return Band(first if first == last else f"{first} to {last}", tuple(trials))


def steps(record: Record) -> list[tuple[int, float]]:
    """The trials that were the best so far, each with its value."""
    found: list[tuple[int, float]] = []
    for trial in record.of("finished"):
        if trial.value is not None and (not found or record.settings.better(trial.value, found[-1][1])):
            found.append((trial.number, trial.value))
    return found


def curved(record: Record) -> list[Trial]:
    """The trials that were judged at two epochs or more."""
    return [trial for trial in record.trials if len(trial.curve) > 1]


def height(axis: Axis, value: Plain) -> float:
    """Where on its axis a value lies: from 0, the low end or the first choice, to 1."""
    among = axis.among
    if isinstance(among, TunedAmong):
        chosen = next(number for number, each in enumerate(among.choices) if repr(each) == repr(value))
        return chosen / (len(among.choices) - 1) if len(among.choices) > 1 else 0.5
    return place(among, cast("float", value))


def searched(axis: Axis) -> str:
    """Its range, or its choices."""
    among = axis.among
    return ", ".join(map(word, among.choices)) if isinstance(among, TunedAmong) else str(among)


def word(value: Plain) -> str:
    """A value as people read it.

    >>> [word(each) for each in (None, True, 64, 0.000123456, "bpr")]
    ['nothing', 'true', '64', '0.0001235', 'bpr']
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _settings(record: Record, found: Sequence[Band]) -> dict[str, Setting]:
    edges, best = record.edges(), {} if record.best is None else record.best.parameters
    return {
        axis.parameter: Setting(
            searched=searched(axis),
            own=_of(record.own, axis),
            best=_of(best, axis),
            edge=edges.get(axis.parameter, ""),
            bands=[_spread(axis, band.trials) for band in found],
        )
        for axis in record.space.axes
    }


def _spread(axis: Axis, trials: Sequence[Trial]) -> str:
    """The values that some trials have: from the least to the greatest, or how many have each."""
    values = [trial.parameters[axis.parameter] for trial in trials if axis.parameter in trial.parameters]
    if isinstance(axis.among, TunedAmong):
        counts = [(each, sum(repr(each) == repr(value) for value in values)) for each in axis.among.choices]
        return ", ".join(f"{word(each)} × {count}" for each, count in counts if count) or ABSENT
    ordered = sorted(values, key=lambda value: cast("float", value))
    return " to ".join(dict.fromkeys(map(word, ordered[:1] + ordered[-1:]))) or ABSENT


def _learned(record: Record, trial: Trial) -> Learned:
    least = record.settings.direction == "minimize"
    at = (min if least else max)(trial.curve, key=lambda epoch: trial.curve[epoch])
    last = max(trial.curve)
    return Learned(trial.number, trial.state, last, trial.curve[at], at, trial.curve[last])


def _row(record: Record, trial: Trial) -> Row:
    return Row(
        number=trial.number,
        state=trial.state,
        value=trial.value,
        parameters=[_of(trial.parameters, axis) for axis in record.space.axes],
        epoch=trial.best_epoch,
        seconds=trial.seconds,
        reason=trial.reason,
        own=trial.own,
        best=trial is record.best,
    )


def _of(values: Mapping[str, Plain], axis: Axis) -> str:
    return word(values[axis.parameter]) if axis.parameter in values else ABSENT
