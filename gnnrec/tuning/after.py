"""What is asked of a search once it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnnrec.comparison.compare import compare
from gnnrec.recipe.load import load_recipe
from gnnrec.tuning.record import BEST
from gnnrec.tuning.study import RECIPE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gnnrec.tuning.record import Record


def on_other_splits(record: Record, splits: int, root: Path, observers: Iterable[object]) -> str:
    """Test the best settings and the recipe's own on splits of other seeds, and say what is left of the gain.

    Args:
        record: A search whose best is not the recipe as it stands.
        splits: How many, at least 2.
        root: Where runs are made and looked for.
        observers: Told of every run.
    """
    own, best = (str(record.directory / name) for name in (RECIPE, BEST))
    seed = load_recipe(own).split.seed
    metric = record.settings.metric
    board = compare(
        [own, best], overrides={"split.seed": seed + 1}, splits=splits, out=root, metric=metric, observers=observers
    )
    means = {row.entry.target: row.mean for row in board.rows}
    gain, worse = means[best] - means[own], board.rows[-1]
    low, high = worse.difference_interval or (float("nan"), float("nan"))
    if board.rows[0].entry.target == best:
        low, high = -high, -low
    verdict = "the gain is there" if record.settings.better(means[best], means[own]) else "nothing is left of the gain"
    return (
        f"on {splits} other splits (seeds {seed + 1} to {seed + splits}): test {metric} {means[best]:.4f}, "
        f"{gain:+.4f} ({low:+.4f} to {high:+.4f}) over the recipe's own settings ({means[own]:.4f}): {verdict}"
    )
