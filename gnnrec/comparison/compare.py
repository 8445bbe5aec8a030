"""Runs what is to be compared, unless it is done already, and ranks it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from gnnrec.comparison.contenders import labels, read_contenders, require_metric
from gnnrec.comparison.finished_runs import FinishedRuns
from gnnrec.comparison.judged_lists import judge_named_lists, read_named_lists
from gnnrec.comparison.leaderboard import Comparison, Entry, rank
from gnnrec.comparison.sources import require_one_source
from gnnrec.comparison.splits import wanted_splits
from gnnrec.errors import RunDirectoryError, UsageError
from gnnrec.runs.record import read_finished_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from gnnrec.comparison.contenders import Contender, Place
    from gnnrec.recipe.schema import Recipe
    from gnnrec.runs.record import RunRecord

    Slot = tuple[int, Place]
    """A contender's index, and which of its runs; a name for annotations."""

__all__ = ["Comparison", "compare"]

CANDIDATES = "candidates_fingerprint"
"""In an environment: a digest of what was ranked, nothing where it was all items."""

logger = logging.getLogger("gnnrec")


def compare(
    targets: Recipe | str | Path | Iterable[Recipe | str | Path],
    *,
    overrides: Mapping[str, Any] | Iterable[str] = (),
    seeds: int = 1,
    folds: int | None = None,
    windows: int | None = None,
    splits: int | None = None,
    out: str | Path = "runs",
    metric: str = "ndcg@10",
    lists: Mapping[str, str | Path | pd.DataFrame] | None = None,
    fresh: bool = False,
    observers: Iterable[object] = (),
) -> Comparison:
    """Rank recipes by a test metric, over several seeds and one split or several; run what has not been run yet.

    Args:
        targets: Recipes, files of recipes, names of shipped ones, or directories of finished runs.
        overrides: Changes of the recipes, as `gnnrec.run` takes them; of those that have the section.
        seeds: How many; the first is the recipe's own, the split stays. A deterministic scorer is fitted once.
        folds: Run each recipe on every fold of a `k_fold` split, in place of its own.
        windows: Run each recipe on every window of a rolling `temporal` split, in place of its own.
        splits: Run each recipe on its split with so many seeds of it, its own first.
        out: The root below which runs are made, and looked for: a finished one of the same recipe, seed, data and
            versions is taken as it is.
        metric: The test metric that decides. One that single users have none of (`auc`, `loss`, `coverage@10`) comes
            without intervals and p-values.
        lists: Lists of other systems by what they are to be called, as tables or files that `Run.evaluate_lists` takes:
            they are judged on the split of the runs, by the evaluation of the first one, and stand among them.
        fresh: Run everything again.
        observers: Objects with run hooks, told of every run.

    Raises:
        UsageError: There is nothing to compare, something unknown or named twice, or the splits differ; or there are
            lists, and several splits.
        DataError: Lists cannot be read, or are none.
        GnnrecError: Whatever else a user can mend. What is finished stays, and the same call goes on from there.
    """
    if lists and not targets:
        raise UsageError("lists are judged on the split of a run: name a recipe or a finished run beside them")
    over = wanted_splits(folds, windows, splits)
    contenders = read_contenders(targets, overrides, seeds, over)
    require_metric(contenders, metric)
    names = labels(contenders)
    others = read_named_lists(lists or {}, names, metric, over)
    runs: dict[Slot, RunRecord] = {
        (index, place): run for index, contender in enumerate(contenders) for place, run in contender.runs.items()
    }
    if not fresh:
        _take_finished(contenders, names, FinishedRuns(out), runs)
    _require_one_split(names, runs)
    if any((index, place) not in runs for index, each in enumerate(contenders) for place in each.places):
        require_one_source(contenders, names)
    _run_missing(contenders, names, runs, out, observers)
    entries = [
        Entry(name, contender.target, _by_split([(place[0], runs[index, place]) for place in contender.places]))
        for index, (name, contender) in enumerate(zip(names, contenders, strict=True))
    ]
    _warn_of_unlike_questions(metric, runs)
    fingerprints = {split: _fingerprint(run, "split") for (_, (split, _)), run in runs.items()}
    entries += judge_named_lists(others, entries[0].runs[0])
    return rank(entries, metric, tuple(fingerprints[split] for split in sorted(fingerprints)), over.called)


def _by_split(runs: Sequence[tuple[int, RunRecord]]) -> tuple[tuple[RunRecord, ...], ...]:
    """The runs over each split."""
    found: dict[int, tuple[RunRecord, ...]] = {}
    for split, run in runs:
        found[split] = (*found.get(split, ()), run)
    return tuple(found.values())


def _take_finished(
    contenders: Sequence[Contender], names: Sequence[str], finished: FinishedRuns, runs: dict[Slot, RunRecord]
) -> None:
    """Add the runs that are done already."""
    named = {run.directory.resolve(): names[index] for (index, _), run in runs.items()}
    for index, contender in enumerate(contenders):
        for place, recipe in contender.recipes.items():
            run = finished.find(recipe)
            if run is None:
                continue
            if run.directory.resolve() in named:
                raise UsageError(f"{run.directory} is a run of {contender.target}; leave one of the two out")
            logger.info("%s: done already, %s", _called(names[index], contender, place), run.directory)
            runs[index, place] = run


def _run_missing(
    contenders: Sequence[Contender],
    names: Sequence[str],
    runs: dict[Slot, RunRecord],
    out: str | Path,
    observers: Iterable[object],
) -> None:
    """Run what is missing, seed by seed, so that what cannot be compared is told after the first runs."""
    observers = tuple(observers)
    slots = [(turn, index, place) for index, each in enumerate(contenders) for turn, place in enumerate(each.places)]
    missing = [(index, place) for _, index, place in sorted(slots) if (index, place) not in runs]
    if not missing:
        return
    from gnnrec.pipeline import run

    for position, (index, place) in enumerate(missing):
        called = _called(names[index], contenders[index], place)
        logger.info("%s: run %d of %d", called, position + 1, len(missing))
        try:
            made = run(contenders[index].recipes[place], out=out, observers=observers)
        except KeyboardInterrupt:
            logger.warning(
                "interrupted in run %d of %d; what is finished stays, and the same call goes on from there",
                position + 1,
                len(missing),
            )
            raise
        runs[index, place] = read_finished_run(made.directory)
        _require_one_split(names, runs)


def _called(name: str, contender: Contender, place: Place) -> str:
    """What a run is called while it is made."""
    split, seed = place
    several = len({split for split, _ in contender.places}) > 1
    return f"{name}, split {split + 1}, seed {seed}" if several else f"{name}, seed {seed}"


def _fingerprint(run: RunRecord, of: str) -> str:
    """The fingerprint of the interactions of a run's `dataset`, or of its `split`."""
    environment = run.environment
    found = environment.get("split_fingerprint") if of == "split" else environment.get(of, {}).get("fingerprint")
    if isinstance(found, dict):  # one digest per part; runs of format 1 have one of the interactions alone
        found = found.get("edges")
    if not isinstance(found, str):
        raise RunDirectoryError(f"{run.directory / 'environment.json'} does not say the fingerprint of its {of}")
    return found


def _require_one_split(names: Sequence[str], runs: Mapping[Slot, RunRecord]) -> None:
    """See that all runs answered the same questions, split by split.

    Raises:
        UsageError: Some did not; the message says which and why.
    """
    slots = sorted(runs)
    firsts: dict[int, Slot] = {}
    differing: dict[str, str] = {}
    for slot in slots:
        first, other = runs[firsts.setdefault(slot[1][0], slot)], runs[slot]
        if _fingerprint(first, "split") != _fingerprint(other, "split"):
            differing.setdefault(names[slot[0]], _difference(first, other))
    _require_different_splits(names, runs)
    stages = {names[index]: bool(run.recipe.get("refit", False)) for (index, _), run in runs.items()}
    if len(set(stages.values())) > 1:
        refitted = ", ".join(name for name, refit in stages.items() if refit)
        raise UsageError(f"only {refitted} learned from val before the test; give all of them -s refit=true, or none")
    if differing:
        lines = "".join(f"\n  {name}: {why}" for name, why in differing.items())
        raise UsageError(
            f"only runs over one split can be compared; not as {names[slots[0][0]]} "
            f"({runs[slots[0]].directory}):{lines}"
        )
    _require_same_candidates(names, runs)


def _require_same_candidates(names: Sequence[str], runs: Mapping[Slot, RunRecord]) -> None:
    """See that all runs over a split ranked the same items."""
    firsts: dict[int, Slot] = {}
    for slot, run in sorted(runs.items(), key=lambda each: each[0]):
        first = firsts.setdefault(slot[1][0], slot)
        if run.environment.get(CANDIDATES) != runs[first].environment.get(CANDIDATES):
            told = (f"{names[each[0]]} ({runs[each].directory})" for each in (first, slot))
            raise UsageError(
                f"only runs that ranked the same candidates can be compared, not {' and '.join(told)}; give all of "
                "them the same -s evaluation.candidates=FILE, or none"
            )


def _require_different_splits(names: Sequence[str], runs: Mapping[Slot, RunRecord]) -> None:
    """See that what were to be several splits are not one: counted several times it would seem certain."""
    met: dict[tuple[int, str], int] = {}
    for (index, (split, _)), run in sorted(runs.items(), key=lambda each: each[0]):
        if met.setdefault((index, _fingerprint(run, "split")), split) != split:
            raise UsageError(
                f"{names[index]}: split '{run.recipe['split']['name']}' gives the same parts again, so nothing is "
                "learned from several; take --folds or --windows, or one split"
            )


def _difference(first: RunRecord, other: RunRecord) -> str:
    """Why two splits differ."""
    if _fingerprint(first, "dataset") != _fingerprint(other, "dataset"):
        return f"the data differ, {_data(other)} and not {_data(first)} ({other.directory})"
    if first.recipe.get("filters", []) != other.recipe.get("filters", []):
        return f"the same data are filtered differently ({other.directory})"
    then, now = first.recipe["split"], other.recipe["split"]
    fields = [key for key in {**then, **now} if then.get(key) != now.get(key)]
    said = ", ".join(f"{key} {now.get(key)} and not {then.get(key)}" for key in fields) or "by another version"
    return f"the same data are split differently, {said} ({other.directory})"


def _data(run: RunRecord) -> str:
    data = run.environment["dataset"]
    digest = _fingerprint(run, "dataset")[:8]
    return f"{data.get('interactions')} interactions of {data.get('source')}, fingerprint {digest}"


def _warn_of_unlike_questions(metric: str, runs: Mapping[Slot, RunRecord]) -> None:
    """Values per pair depend on more than the split."""
    losses = {run.recipe.get("loss", {}).get("name") for run in runs.values()}
    if metric == "loss" and len(losses) > 1:
        logger.warning("losses of different kinds (%s) are no common measure", ", ".join(sorted(map(str, losses))))
    negatives = {run.recipe.get("evaluation", {}).get("negatives") for run in runs.values()}
    if metric in {"loss", "auc", "ap"} and len(negatives) > 1:
        many = ", ".join(sorted(map(str, negatives)))
        logger.warning("%s was measured over different numbers of evaluation negatives (%s)", metric, many)
        return
    drawn = {(split, run.environment.get("negatives_fingerprint")) for (_, (split, _)), run in runs.items()}
    if metric in {"loss", "auc", "ap"} and len(drawn) > len({split for split, _ in drawn}):
        logger.warning("%s was measured over different evaluation negatives, of other seeds or other filters", metric)
