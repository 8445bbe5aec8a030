"""What a choice of a recommender came to: the table, the best, and the simplest that is as good."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gnnrec.evaluation.statistics import DRAWS, bootstrap_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from gnnrec.recipe.schema import Recipe
    from gnnrec.runs.record import RunRecord

SEED = 0
"""Of the bootstrap: the same runs give the same choice."""

FEWEST_DRAWS, CELLS = 1_000, 100_000_000
"""Resamples at the least, and random numbers for one interval at the most beyond them: of many users fewer will do."""


@dataclass(frozen=True)
class Row:
    """A recommender that was run.

    Attributes:
        name: What it is called.
        recipe: That was run.
        run: What was run.
        note: What is to be known of it.
        knows_peak: Whether the memory at the peak is that of this run, and not of an earlier one in the same process.
        difference: Of the validation metric, less the best one's; None for the best.
        interval: 95% of that, paired over users; None where single users have no such metric.
    """

    name: str
    recipe: Recipe
    run: RunRecord
    note: str
    knows_peak: bool = True
    difference: float | None = None
    interval: tuple[float, float] | None = None

    @property
    def seconds(self) -> float:
        """Of the whole run."""
        return float(self.run.metrics["seconds"]["total"])

    @property
    def peak(self) -> int | None:
        """Bytes of memory at the peak of the run, libraries and data among them; None where nothing tells."""
        peak = self.run.metrics.get("memory", {}).get("peak_bytes")
        return int(peak) if self.knows_peak and peak is not None else None

    def val(self, metric: str) -> float:
        """A validation metric."""
        return float(self.run.metrics["val"][metric])


@dataclass(frozen=True)
class LeftOut:
    """A recommender that was not, or not wholly, run.

    Attributes:
        name: What it is called.
        why: The reason.
        for_time: Whether it is want of time.
    """

    name: str
    why: str
    for_time: bool = False


@dataclass(frozen=True)
class Choice:
    """Which recommender.

    Attributes:
        metric: The validation metric that decides.
        rows: From the simplest to the dearest.
        left_out: What has no figures.
        best: The one with the best figure.
        chosen: The simplest of those whose difference from it may be nothing.
        users: How many users intervals are over; None where there are none.
        interrupted: Whether somebody ended it before its time.
    """

    metric: str
    rows: tuple[Row, ...]
    left_out: tuple[LeftOut, ...]
    best: Row
    chosen: Row
    users: int | None
    interrupted: bool

    @property
    def sentence(self) -> str:
        """What to take, and why."""
        metric, best, chosen = self.metric, self.best, self.chosen
        figure = f"val {metric} {best.val(metric):.4f}"
        if len(self.rows) == 1:
            return f"Take {chosen.name}: nothing else was run ({figure})."
        if chosen.name != best.name and chosen.interval is not None:
            low, high = chosen.interval
            return (
                f"Take {chosen.name}: {best.name} has the best figure ({figure}), and the simpler {chosen.name} is "
                f"as good as far as {self.users:,} users tell: it differs by {chosen.difference:+.4f}, with a 95% "
                f"interval of {low:+.4f} to {high:+.4f}, which includes zero."
            )
        if best.name == self.rows[0].name:
            return f"Take {best.name}: it is the simplest, and nothing is better ({figure})."
        if self.users is None:
            return (
                f"Take {best.name}: it has the best figure ({figure}); single users have no {metric}, so no interval."
            )
        return f"Take {best.name}: it has the best figure ({figure}), and no simpler one is as good."

    @property
    def short_of_time(self) -> tuple[str, ...]:
        """What more time may do more for."""
        return (*(row.name for row in self.rows if row.note), *(each.name for each in self.left_out if each.for_time))

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        table = [
            {
                "model": row.name,
                "val": row.val(self.metric),
                "difference": row.difference,
                "interval": row.interval,
                "seconds": row.seconds,
                "peak_bytes": row.peak,
                "note": row.note,
                "run_dir": str(row.run.directory),
            }
            for row in self.rows
        ]
        return {
            "metric": self.metric,
            "users": self.users,
            "table": table,
            "left_out": [{"model": each.name, "why": each.why} for each in self.left_out],
            "best": self.best.name,
            "chosen": self.chosen.name,
            "test": self.chosen.run.test,
            "interrupted": self.interrupted,
        }


def chosen_among(rows: Sequence[Row], left_out: Sequence[LeftOut], metric: str, *, interrupted: bool = False) -> Choice:
    """The choice among recommenders that were run, by validation alone.

    Args:
        rows: At least one, from the simplest to the dearest.
        left_out: What was not run.
        metric: The validation metric that decides; more is better.
        interrupted: See `Choice`.
    """
    best = max(rows, key=lambda row: row.val(metric))
    of_best = _per_user(best, metric)
    compared = tuple(row if row is best else _compared(row, best, of_best, metric) for row in rows)
    chosen = next(
        row for row in compared if row.name == best.name or (row.interval is not None and row.interval[1] >= 0)
    )
    users = None if of_best is None else len(of_best)
    return Choice(metric, compared, tuple(left_out), best, chosen, users, interrupted)


def _compared(row: Row, best: Row, of_best: pd.Series[float] | None, metric: str) -> Row:
    difference = row.val(metric) - best.val(metric)
    own = _per_user(row, metric)
    if own is None or of_best is None:
        return replace(row, difference=difference)
    paired = np.asarray(own - of_best, np.float64)
    draws = min(DRAWS, max(FEWEST_DRAWS, CELLS // len(paired)))
    return replace(row, difference=difference, interval=bootstrap_interval(paired, seed=SEED, draws=draws))


def _per_user(row: Row, metric: str) -> pd.Series[float] | None:
    """Of each user, by original id; None where single users have no such metric."""
    table = row.run.val_per_user.set_index("user")
    return table[metric] if metric in table.columns else None
