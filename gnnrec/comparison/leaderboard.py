"""The leaderboard of a comparison: means over seeds, and over users whether differences are more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gnnrec.errors import RunDirectoryError
from gnnrec.evaluation.statistics import bootstrap_interval, holm, sign_flip_p_value
from gnnrec.runs.listing import MINIMISED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnnrec.evaluation.statistics import Floats
    from gnnrec.runs.record import RunRecord

OTHERS = ("ndcg@10", "recall@10", "hit@10", "coverage@10", "auc")
"""Test metrics that are shown besides the one that decides."""

SEED = 0
"""Of the bootstrap and of the sign flips: the same runs give the same leaderboard."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Entry:
    """What is ranked: one recipe's runs.

    Attributes:
        label: What it is called in the leaderboard.
        target: What the user named.
        runs: One for each seed, all over one split.
    """

    label: str
    target: str
    runs: tuple[RunRecord, ...]

    def mean(self, metric: str) -> float:
        """A test metric, averaged over runs."""
        return float(np.mean([run.test[metric] for run in self.runs]))

    @property
    def shared_metrics(self) -> tuple[str, ...]:
        """The test metrics that every run has."""
        return tuple(name for name in self.runs[0].test if all(name in run.test for run in self.runs))

    def per_user(self, metric: str) -> pd.Series[float] | None:
        """A test metric of each user, averaged over runs; None where it is no metric of single users."""
        tables = [run.per_user for run in self.runs]
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
        mean: The deciding metric over seeds.
        sd: Its standard deviation over seeds; None of one seed.
        interval: 95% bootstrap interval of the mean, over users; None where the metric is none of single users.
        difference: Mean less the best one's; None for the best.
        difference_interval: The same interval of the difference, paired by user.
        p_value: Of no difference: paired sign flips, Holm-corrected over all comparisons with the best.
        metrics: Every test metric over seeds.
        seconds: Of each phase, over seeds.
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


@dataclass(frozen=True)
class Comparison:
    """Recipes ranked by a test metric.

    Attributes:
        metric: The one that decides.
        rows: The leaderboard, best first.
        users: How many users intervals and p-values are over; None where there are none.
        split_fingerprint: Of the split that all were judged on.
    """

    metric: str
    rows: tuple[Row, ...]
    users: int | None
    split_fingerprint: str

    @property
    def others(self) -> tuple[str, ...]:
        """The other test metrics that are shown: those of OTHERS that anybody has."""
        return tuple(name for name in OTHERS if name != self.metric and any(name in row.metrics for row in self.rows))

    def to_dict(self) -> dict[str, Any]:
        """Plain data, with every run and where it lies."""
        return {
            "metric": self.metric,
            "users": self.users,
            "split_fingerprint": self.split_fingerprint,
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


def rank(entries: Sequence[Entry], metric: str, split_fingerprint: str) -> Comparison:
    """Rank entries by a test metric that all of them have, best first; of equal ones the first named comes first.

    Raises:
        RunDirectoryError: The values per user are missing, or are not of the same users.
    """
    ordered = sorted(entries, key=lambda entry: entry.mean(metric), reverse=metric not in MINIMISED)
    best = ordered[0]
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
    return Comparison(metric, rows, None if top is None else len(top), split_fingerprint)


def _row(
    entry: Entry,
    metric: str,
    values: pd.Series[float] | None,
    best: Entry,
    differences: pd.Series[float] | None,
    p_value: float | None,
) -> Row:
    over_seeds = [run.test[metric] for run in entry.runs]
    phases = entry.runs[0].metrics.get("seconds", {})
    return Row(
        entry=entry,
        mean=entry.mean(metric),
        sd=float(np.std(over_seeds, ddof=1)) if len(over_seeds) > 1 else None,
        interval=None if values is None else bootstrap_interval(_floats(values), seed=SEED),
        difference=None if entry is best else entry.mean(metric) - best.mean(metric),
        difference_interval=None if differences is None else bootstrap_interval(_floats(differences), seed=SEED),
        p_value=p_value,
        metrics={name: entry.mean(name) for name in entry.shared_metrics},
        seconds={name: float(np.mean([run.metrics["seconds"][name] for run in entry.runs])) for name in phases},
    )


def _floats(values: pd.Series[float] | None) -> Floats:
    return np.asarray(values, np.float64)
