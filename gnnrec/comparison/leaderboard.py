"""The leaderboard of a comparison: means over seeds, and over users whether differences are more than chance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from gnnrec.errors import RunDirectoryError
from gnnrec.evaluation.statistics import (
    bootstrap_interval,
    holm,
    resampled_interval,
    resampled_p_value,
    sign_flip_p_value,
)
from gnnrec.runs.listing import MINIMISED
from gnnrec.runs.record import RunRecord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gnnrec.evaluation.statistics import Floats

OTHERS = ("ndcg@10", "recall@10", "hit@10", "coverage@10", "auc")
"""Test metrics that are shown besides the one that decides."""

SEED = 0
"""Of the bootstrap and of the sign flips: the same runs give the same leaderboard."""

Interval = tuple[float, float]


class Judged(Protocol):
    """What stands in a leaderboard: a run, or lists that were judged like one."""

    @property
    def test(self) -> dict[str, float]:
        """Test metrics by name."""

    @property
    def per_user(self) -> pd.DataFrame:
        """Test metrics of each user, by original id in column `user`."""

    @property
    def metrics(self) -> Mapping[str, Any]:
        """The content of metrics.json, as far as there is one."""


@dataclass(frozen=True)
class Entry:
    """What is ranked: one recipe's runs, or another system's lists.

    Attributes:
        label: What it is called in the leaderboard.
        target: What the user named.
        by_split: What was judged on each split: the runs, one for each seed; or the lists.
    """

    label: str
    target: str
    by_split: tuple[tuple[Judged, ...], ...]

    @property
    def judged(self) -> tuple[Judged, ...]:
        """All of them."""
        return tuple(each for some in self.by_split for each in some)

    @property
    def runs(self) -> tuple[RunRecord, ...]:
        """Those that are runs."""
        return tuple(each for each in self.judged if isinstance(each, RunRecord))

    def over_splits(self, metric: str) -> Floats:
        """A test metric on each split, averaged over seeds: [J]."""
        return np.array([np.mean([each.test[metric] for each in some]) for some in self.by_split])

    @property
    def test_to_train(self) -> float:
        """How many interactions are tested on for each that is learned from, averaged over splits.

        Raises:
            RunDirectoryError: A run does not say how many there are.
        """
        return float(np.mean([_test_to_train(run) for run in self.runs]))

    def mean(self, metric: str) -> float:
        """A test metric, averaged over runs."""
        return float(np.mean([each.test[metric] for each in self.judged]))

    @property
    def shared_metrics(self) -> tuple[str, ...]:
        """The test metrics that every run has."""
        return tuple(name for name in self.judged[0].test if all(name in each.test for each in self.judged))

    def per_user(self, metric: str) -> pd.Series[float] | None:
        """A test metric of each user, averaged over runs; None where it is no metric of single users."""
        tables = [each.per_user for each in self.judged]
        if any(metric not in table for table in tables):
            return None
        columns = [table.set_index("user")[metric] for table in tables]
        if any(not column.index.equals(columns[0].index) for column in columns):
            raise RunDirectoryError(f"the runs of {self.label} judged different users, over the same split")
        return pd.concat(columns, axis=1).mean(axis=1)


@dataclass(frozen=True)
class Row:
    """A line of the leaderboard.

    Attributes:
        entry: Whose.
        mean: The deciding metric over runs.
        sd: Its standard deviation over runs; None of one run.
        interval: 95% interval of the mean: over several splits with regard to the training data that they share (Nadeau
            and Bengio 2003); over one by the bootstrap over users, None where the metric is none of single users.
        difference: Mean less the best one's; None for the best.
        difference_interval: The same interval of the difference, paired by split or by user.
        p_value: Of no difference: a corrected t-test over splits, or sign flips over users; Holm-corrected over all
            comparisons with the best.
        metrics: Every test metric over runs.
        seconds: Of each phase, over runs.
    """

    entry: Entry
    mean: float
    sd: float | None
    interval: Interval | None
    difference: float | None
    difference_interval: Interval | None
    p_value: float | None
    metrics: dict[str, float]
    seconds: dict[str, float]


@dataclass(frozen=True, repr=False)
class Comparison:
    """Recipes ranked by a test metric.

    Attributes:
        metric: The one that decides.
        rows: The leaderboard, best first.
        users: How many users intervals and p-values are over; None where there are none.
        split_fingerprints: Of each split that all were judged on.
        called: What a split is called where there are several: fold, window, split.
        budget: What each contender's settings were chosen with, in words; empty where they are the recipe's own.
    """

    metric: str
    rows: tuple[Row, ...]
    users: int | None
    split_fingerprints: tuple[str, ...]
    called: str = "split"
    budget: str = ""

    @property
    def others(self) -> tuple[str, ...]:
        """The other test metrics that are shown: those of OTHERS that anybody has."""
        return tuple(name for name in OTHERS if name != self.metric and any(name in row.metrics for row in self.rows))

    def to_table(self) -> pd.DataFrame:
        """The leaderboard, a row each, best first.

        Returns:
            Columns `recipe`, the deciding metric, `low` and `high` (its 95% interval), `difference` (from the best) and
            `p_value` (both missing of the best), and the other metrics that are shown.
        """
        rows = [
            {
                "recipe": row.entry.label,
                self.metric: row.mean,
                **dict(zip(("low", "high"), row.interval or (None, None), strict=True)),
                "difference": row.difference,
                "p_value": row.p_value,
                **{name: row.metrics.get(name) for name in self.others},
            }
            for row in self.rows
        ]
        return pd.DataFrame(rows).astype({name: float for name in rows[0] if name != "recipe"})

    def __repr__(self) -> str:
        return f"Comparison by {self.metric}\n{self.to_table().to_string(index=False)}"

    def _repr_html_(self) -> str:
        """What a notebook shows of it."""
        return str(self.to_table().to_html(float_format="{:.4f}".format, na_rep="", border=0, index=False))

    def to_dict(self) -> dict[str, Any]:
        """Plain data, with every run and where it lies."""
        return {
            "metric": self.metric,
            "users": self.users,
            "budget": self.budget or None,
            "split_fingerprint": self.split_fingerprints[0] if len(self.split_fingerprints) == 1 else None,
            "split_fingerprints": list(self.split_fingerprints),
            "leaderboard": [
                {
                    "recipe": row.entry.label,
                    "target": row.entry.target,
                    "mean": row.mean,
                    "sd": row.sd,
                    "interval": row.interval,
                    "difference": row.difference,
                    "difference_interval": row.difference_interval,
                    "p_value": row.p_value,
                    "metrics": row.metrics,
                    "seconds": row.seconds,
                    "runs": [
                        {"run_dir": str(run.directory), "seed": run.seed, **run.metrics} for run in row.entry.runs
                    ],
                }
                for row in self.rows
            ],
        }


def rank(
    entries: Sequence[Entry], metric: str, split_fingerprints: tuple[str, ...], called: str = "split"
) -> Comparison:
    """Rank entries by a test metric that all of them have, best first; of equal ones the first named comes first.

    Args:
        entries: All over the same splits.
        metric: The test metric that decides.
        split_fingerprints: Of these splits.
        called: What a split is called.

    Raises:
        RunDirectoryError: The values per user are missing, or are not of the same users.
    """
    ordered = sorted(entries, key=lambda entry: entry.mean(metric), reverse=metric not in MINIMISED)
    best = ordered[0]
    if len(split_fingerprints) > 1:
        return Comparison(metric, _rows_over_splits(ordered, metric), None, split_fingerprints, called)
    values = [entry.per_user(metric) for entry in ordered]
    top = values[0]
    differences: list[pd.Series[float] | None] = [None]
    for entry, value in zip(ordered[1:], values[1:], strict=True):
        if top is not None and value is not None and not value.index.equals(top.index):
            raise RunDirectoryError(f"{best.label} and {entry.label} judged different users, over the same split")
        differences.append(None if top is None or value is None else value - top)
    tested = [index for index, difference in enumerate(differences) if difference is not None]
    p_values = holm([sign_flip_p_value(_floats(differences[index]), seed=SEED) for index in tested])
    corrected = dict(zip(tested, p_values, strict=True))
    rows = tuple(
        _row(entry, metric, values[index], best, differences[index], corrected.get(index))
        for index, entry in enumerate(ordered)
    )
    return Comparison(metric, rows, None if top is None else len(top), split_fingerprints, called)


def _rows_over_splits(ordered: Sequence[Entry], metric: str) -> tuple[Row, ...]:
    """The leaderboard over several splits, which share training data."""
    best, ratio = ordered[0], ordered[0].test_to_train
    values = [entry.over_splits(metric) for entry in ordered]
    differences = [value - values[0] for value in values[1:]]
    p_values = [None, *holm([resampled_p_value(each, ratio) for each in differences])]
    intervals = [None, *(resampled_interval(each, ratio) for each in differences)]
    return tuple(
        replace(
            _row(entry, metric, None, best, None, p_value),
            sd=float(np.std(value, ddof=1)),
            interval=resampled_interval(value, ratio),
            difference_interval=interval,
        )
        for entry, value, p_value, interval in zip(ordered, values, p_values, intervals, strict=True)
    )


def _test_to_train(run: RunRecord) -> float:
    counts = run.environment.get("dataset", {})
    try:
        test, val = counts["test"], counts["val"]
        train = counts["interactions"] - test - val - counts.get("shown", 0)
    except KeyError as error:
        path = run.directory / "environment.json"
        raise RunDirectoryError(f"{path} does not say how many interactions of the part {error} there are") from None
    return float(test / (train + val if run.recipe.get("refit") else train))


def _row(
    entry: Entry,
    metric: str,
    values: pd.Series[float] | None,
    best: Entry,
    differences: pd.Series[float] | None,
    p_value: float | None,
) -> Row:
    over_seeds = [each.test[metric] for each in entry.judged]
    phases = entry.judged[0].metrics.get("seconds", {})
    return Row(
        entry=entry,
        mean=entry.mean(metric),
        sd=float(np.std(over_seeds, ddof=1)) if len(over_seeds) > 1 else None,
        interval=None if values is None else bootstrap_interval(_floats(values), seed=SEED),
        difference=None if entry is best else entry.mean(metric) - best.mean(metric),
        difference_interval=None if differences is None else bootstrap_interval(_floats(differences), seed=SEED),
        p_value=p_value,
        metrics={name: entry.mean(name) for name in entry.shared_metrics},
        seconds={name: float(np.mean([each.metrics["seconds"][name] for each in entry.judged])) for name in phases},
    )


def _floats(values: pd.Series[float] | None) -> Floats:
    return np.asarray(values, np.float64)
