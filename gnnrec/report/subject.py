"""What a report is about: a run, from its directory or from what the pipeline has in memory at its end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from gnnrec.evaluation.evaluator import Evaluator
from gnnrec.runs.directory import PARTIAL
from gnnrec.runs.judging import candidates_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from gnnrec.data.parts import Part
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
        metrics: `best_epoch`, `val`, `test`, `groups` (older runs have none), `seconds` and others, as in metrics.json.
        history: A row per epoch; empty where nothing was trained.
        split: What it was trained and judged on.
        scoring: That of the test phase.
        environment: As in environment.json.
        evaluator: Gives what judges a part of which there is something; the run's own, where it is still there.
    """

    directory: Path
    recipe: Recipe
    metrics: Mapping[str, Any]
    history: pd.DataFrame
    split: Split
    scoring: Scoring
    environment: Mapping[str, Any]
    evaluator: Callable[[Part], Evaluator]

    @classmethod
    def of(cls, run: Run) -> Subject:
        """A finished run, read from its directory.

        Raises:
            UsageError: It learned from all there is, so there is nothing to report.
        """
        run.require_test()
        recipe, split, candidates = run.recipe, run.split, candidates_of(run)

        @cache
        def evaluator(part: Part) -> Evaluator:
            return Evaluator(split, part, recipe.evaluation, recipe.split.seed, candidates=candidates)

        return cls(
            directory=run.directory.resolve(),
            recipe=recipe,
            metrics=run.metrics,
            history=run.history,
            split=split,
            scoring=run.scoring,
            environment=run.environment,
            evaluator=evaluator,
        )

    @property
    def name(self) -> str:
        """The run's name below its recipe's folder: `<time>-s<seed>`."""
        return self.directory.name.removesuffix(PARTIAL)

    @property
    def root(self) -> Path:
        """The folder below which other runs may lie."""
        return self.directory.parents[1]
