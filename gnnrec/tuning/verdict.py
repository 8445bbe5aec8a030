"""What came of a search, in sentences."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

from gnnrec.tuning.record import BEST

if TYPE_CHECKING:
    from gnnrec.tuning.record import Record, Trial


def summary(record: Record) -> str:
    """How it was searched, in a sentence."""
    settings, axes = record.settings, len(record.space.axes)
    asked = "as many trials as time allows" if settings.trials is None else _counted(settings.trials, "trial")
    sense = "less" if settings.direction == "minimize" else "more"
    return (
        f"A search of {_counted(axes, 'parameter')} in {asked}, judged by {settings.metric} on validation, of which "
        f"{sense} is better. Sampler {settings.sampler}, pruner {settings.pruner}, seed {settings.seed}."
    )


def verdict(record: Record) -> list[str]:
    """What came of it, in sentences."""
    told = [_gain(record), _counts(record)]
    axes = {axis.parameter: axis for axis in record.space.axes}
    for parameter, end in record.edges().items():
        told.append(
            f"The best {parameter} lies at the {end} end of what was searched, {axes[parameter].among}: "
            "better ones may lie beyond it."
        )
    if record.best is not None and not record.best.own:
        told.append(
            "The best of many is so by some luck as well, and no trial has seen the test: what its settings are worth "
            f"there is what gnnrec run {record.directory / BEST} says."
        )
    return told


def _gain(record: Record) -> str:
    best, untuned, metric = record.best, record.untuned, record.settings.metric
    if best is None or best.value is None:
        failed = record.of("failed")
        return f"No trial has finished{f'; the last one failed: {_first_line(failed[-1])}' if failed else ''}."
    if untuned is None:
        return (
            f"Trial {best.number} is the best: {metric} {best.value:.4f}. The recipe's own settings have not finished, "
            "so what was gained is not known."
        )
    if len(record.of("finished")) == 1:
        return f"Only the recipe's own settings have finished: {metric} {untuned:.4f}."
    if not record.settings.better(best.value, untuned):
        return f"Nothing was gained: no trial is better than the recipe's own settings, {metric} {untuned:.4f}."
    gain = best.value - untuned
    share = f", {abs(gain / untuned):.1%}" if untuned else ""
    return (
        f"Trial {best.number} is the best: {metric} {best.value:.4f}, which is {abs(gain):.4f} "
        f"{'more' if gain > 0 else 'less'} than the recipe's own settings come to ({untuned:.4f}{share})."
    )


def _counts(record: Record) -> str:
    finished, pruned, failed = (len(record.of(state)) for state in ("finished", "pruned", "failed"))
    going = len(record.of("running"))
    spent = sum(trial.seconds for trial in record.trials)
    return (
        f"Of {_counted(len(record.tried), 'trial')} {finished} finished, {pruned} {'was' if pruned == 1 else 'were'} "
        f"pruned and {failed} failed, in {spent:,.0f} s{f'; {going} still running' if going else ''}."
    )


def _first_line(trial: Trial) -> str:
    return shorten(trial.reason.partition("\n")[0], 200, placeholder=" …").removesuffix(".")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
