"""What is known of a search: its trials, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from gnnrec.contract.tuned import Tuned

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gnnrec.contract.tuned import Plain
    from gnnrec.tuning.settings import Settings
    from gnnrec.tuning.space import Space

State = Literal["running", "waiting", "finished", "pruned", "failed", "interrupted"]

AT_EDGE = 0.02
"""A best value within this share of a range from its end lies on its edge."""


@dataclass(frozen=True)
class Trial:
    """One setting that was tried.

    Attributes:
        number: Counted from 0.
        state: What became of it. An interrupted one is tried again, under another number.
        parameters: By name (`Axis.parameter`); where it is the recipe's own settings, those that lie in the space.
        own: Whether it is the recipe as it stands.
        value: The validation metric; None unless it is finished.
        curve: The metric by epoch.
        reason: Why it failed.
        seconds: It took so long.
        run: Where its run lies, below the study; None where it was not kept.
        best_epoch: The epoch it was chosen at; None for a scorer.
    """

    number: int
    state: State
    parameters: Mapping[str, Plain]
    own: bool = False
    value: float | None = None
    curve: Mapping[int, float] = field(default_factory=dict)
    reason: str = ""
    seconds: float = 0.0
    run: str | None = None
    best_epoch: int | None = None


@dataclass(frozen=True)
class Record:
    """A search as it stands.

    Attributes:
        directory: The study's.
        recipe: The name of what is tuned.
        settings: How it goes about it.
        space: What is searched.
        own: The recipe's own values, by parameter.
        trials: By number.
    """

    directory: Path
    recipe: str
    settings: Settings
    space: Space
    own: Mapping[str, Plain]
    trials: tuple[Trial, ...]

    def of(self, state: State) -> list[Trial]:
        """The trials in a state."""
        return [trial for trial in self.trials if trial.state == state]

    @property
    def tried(self) -> list[Trial]:
        """Those that count: finished, pruned and failed ones."""
        return [trial for trial in self.trials if trial.state in {"finished", "pruned", "failed"}]

    @property
    def best(self) -> Trial | None:
        """The finished trial of the best value, the first of equal ones."""
        best: Trial | None = None
        for trial in self.of("finished"):
            if best is None or self.settings.better(_value(trial), _value(best)):
                best = trial
        return best

    @property
    def untuned(self) -> float | None:
        """What the recipe's own settings are worth; None where their trial did not finish."""
        return next((trial.value for trial in self.of("finished") if trial.own), None)

    def edges(self) -> dict[str, str]:
        """On which end of its range a best value lies, by parameter; only of those that do."""
        best, found = self.best, dict[str, str]()
        if best is None or best.own:
            return found
        for axis in self.space.axes:
            value = best.parameters.get(axis.parameter)
            if isinstance(axis.among, Tuned) and isinstance(value, int | float):
                at = place(axis.among, value)
                if min(at, 1 - at) <= AT_EDGE:
                    found[axis.parameter] = "low" if at < 0.5 else "high"  # noqa: PLR2004 - the middle
        return found

    def to_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        best = self.best
        counts = {state: len(self.of(state)) for state in ("finished", "pruned", "failed")}
        told = None
        if best is not None:
            told = {"value": best.value, "parameters": dict(best.parameters), "recipe": str(self.directory / BEST)}
        return {"study": str(self.directory), "best": told, "trials": counts}


BEST = "best.yaml"
"""The recipe with the best settings found."""


def _value(trial: Trial) -> float:
    return float("nan") if trial.value is None else trial.value


def place(among: Tuned, value: float) -> float:
    """Where in its range a value lies: 0 is the low end, 1 the high one."""
    from math import log

    low, high, at = (log(each) if among.log else each for each in (among.low, among.high, value))
    return (at - low) / (high - low)
