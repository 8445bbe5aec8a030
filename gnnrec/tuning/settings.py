"""How a search goes about it, as a study keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from gnnrec.errors import UsageError
from gnnrec.recipe.check import no_such_metric
from gnnrec.runs.listing import MINIMISED

if TYPE_CHECKING:
    from gnnrec.recipe.schema import Recipe

Sampler = Literal["tpe", "random", "grid"]
Pruner = Literal["median", "halving", "none"]
Keep = Literal["best", "all", "none"]


@dataclass(frozen=True)
class Settings:
    """What a study is asked for.

    Attributes:
        metric: The validation metric that decides; it chooses the epoch of each trial as well.
        trials: How many there are in all, pruned and failed ones among them; None for as many as time allows.
        seed: Rules what is tried.
        sampler: How values are chosen: the tree-structured Parzen estimator (Bergstra et al. 2011), at random, or all
            there are.
        pruner: When a trial is given up: its metric is below the median of the others at that epoch, or it is not among
            the best half at epochs 1, 2, 4, … (Li et al. 2018), or never.
        keep: Which trials' runs stay.

    Raises:
        UsageError: One of them is none that there is.
    """

    metric: str = "ndcg@10"
    trials: int | None = 20
    seed: int = 0
    sampler: Sampler = "tpe"
    pruner: Pruner = "median"
    keep: Keep = "best"

    def __post_init__(self) -> None:
        for name, known in (("sampler", Sampler), ("pruner", Pruner), ("keep", Keep)):
            value = getattr(self, name)
            if value not in get_args(known):
                raise UsageError(f"--{name} is one of {', '.join(get_args(known))}; got '{value}'")
        if self.trials is not None and self.trials < 1:
            raise UsageError(f"--trials is at least 1; got {self.trials}")
        if self.seed < 0:
            raise UsageError(f"--seed is 0 or more; got {self.seed}")

    @property
    def direction(self) -> Literal["minimize", "maximize"]:
        """Whether less of the metric is better."""
        return "minimize" if self.metric in MINIMISED else "maximize"

    def better(self, value: float, other: float) -> bool:
        """Whether a value is better than another."""
        return value < other if self.direction == "minimize" else value > other

    def changes(self, recipe: Recipe) -> dict[str, Any]:
        """What every trial of a recipe changes in it: validation chooses its epoch, and nothing is fitted anew on it.

        Raises:
            UsageError: The metric is not measured in validation.
        """
        if self.metric not in recipe.measured:
            raise UsageError(f"{recipe.name}: {no_such_metric(self.metric, recipe.measured)}")
        monitored = {} if recipe.trainer is None else {"trainer.monitor": self.metric}
        return {"refit": False, **monitored}
