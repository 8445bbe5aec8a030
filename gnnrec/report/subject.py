"""What a report is about: a run, from its directory or from what the pipeline has in memory at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from gnnrec.runs.directory import PARTIAL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gnnrec.data.split import Split
    from gnnrec.modelling.scoring import Scoring
    from gnnrec.recipe.schema import Recipe
    from gnnrec.runs.saved import Run


@dataclass(frozen=True)
class Subject:
    """A run that is done but for its report.

    Attributes:
        directory: Where it lies now: `<root>/<recipe>/<run>`.
        recipe: With every default filled in.
        metrics: `best_epoch`, `val`, `test` and `seconds`, as in metrics.json.
        history: A row per epoch; empty where nothing was trained.
        split: What it was trained and judged on.
        scoring: That of the test phase.
        per_user: Test metrics of each user with test interactions; column `user` holds node ids.
        environment: As in environment.json.
    """

    directory: Path
    recipe: Recipe
    metrics: Mapping[str, Any]
    history: pd.DataFrame
    split: Split
    scoring: Scoring
    per_user: pd.DataFrame
    environment: Mapping[str, Any]

    @classmethod
    def of(cls, run: Run) -> Subject:
        """A finished run, read from its directory.

        Raises:
            UsageError: It learned from all there is, so there is nothing to report.
        """
        run.require_test()
        nodes = pd.Index(run.users["user"]).get_indexer(pd.Index(run.per_user["user"]))
        return cls(
            directory=run.directory.resolve(),
            recipe=run.recipe,
            metrics=run.metrics,
            history=run.history,
            split=run.split,
            scoring=run.scoring,
            per_user=run.per_user.assign(user=nodes),
            environment=run.environment,
        )

    @property
    def name(self) -> str:
        """The run's name below its recipe's folder: `<time>-s<seed>`."""
        return self.directory.name.removesuffix(PARTIAL)

    @property
    def root(self) -> Path:
        """The folder below which other runs may lie."""
        return self.directory.parents[1]
