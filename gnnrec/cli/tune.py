"""`gnnrec tune`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnnrec.cli.completion import complete_recipes
from gnnrec.cli.options import JsonOption, SetOption
from gnnrec.console import SearchProgress, TrainingProgress, log_to_stderr, say, say_json, say_table
from gnnrec.errors import UsageError
from gnnrec.tuning.record import BEST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gnnrec.tuning.record import Record


def add_commands(app: typer.Typer) -> None:
    """Add `tune`."""
    app.command("tune")(tune_recipe)


def tune_recipe(
    recipe: Annotated[
        str | None,
        typer.Argument(
            metavar="RECIPE",
            help="A recipe file, or the name of a shipped recipe. With --resume it may be left out.",
            autocompletion=complete_recipes,
        ),
    ] = None,
    ranges: Annotated[
        list[str] | None,
        typer.Option(
            "--tune",
            "-t",
            metavar="KEY=RANGE",
            help="Search this: -t encoder.channels=32..256:log -t loss.name=bpr,softmax. May be given several times. "
            "Left out, it is what the recipe's `tune` says, or else what its components declare (gnnrec show).",
        ),
    ] = None,
    assignments: SetOption = None,
    trials: Annotated[
        int | None,
        typer.Option("--trials", metavar="N", help="How many in all, the recipe's own settings first. [default: 20]"),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", metavar="M", help="Stop after so long; without --trials that alone.")
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option("--metric", metavar="NAME", help="The validation metric that decides. [default: ndcg@10]"),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", metavar="S", help="Rules what is tried. [default: 0]")] = None,
    sampler: Annotated[
        str | None,
        typer.Option("--sampler", metavar="NAME", help="tpe (goes by what was good), random or grid. [default: tpe]"),
    ] = None,
    pruner: Annotated[
        str | None,
        typer.Option(
            "--pruner", metavar="NAME", help="When a trial is given up: median, halving or none. [default: median]"
        ),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option("--keep", metavar="WHICH", help="The trials' runs that stay: best, all or none. [default: best]"),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", metavar="N", help="Processes that try side by side, on this machine.")
    ] = 1,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", metavar="ROOT", help="The folder below which the study's directory is made. [default: runs]"
        ),
    ] = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="STUDY", help="Go on with this study, or help another process.")
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option("--storage", metavar="URL", help="Keep the trials in a database, for workers on many machines."),
    ] = None,
    refit: Annotated[
        bool, typer.Option("--refit", help="Have best.yaml fit anew on train and val once its epoch is chosen.")
    ] = False,
    test: Annotated[bool, typer.Option("--test", help="Then run best.yaml, which looks at the test, once.")] = False,
    splits: Annotated[
        int,
        typer.Option(
            "--splits", metavar="N", help="Then test best and own settings on N splits that the search never saw."
        ),
    ] = 0,
    as_json: JsonOption = False,
    worker: Annotated[bool, typer.Option("--worker", hidden=True)] = False,
) -> None:
    """Search a recipe's settings by validation; the test is not looked at.

    The study is a directory, <ROOT>/<recipe>/<time>.study: study.jsonl (every trial), best.yaml (ready to run),
    report.html, and the runs of its trials. Ctrl-C loses the running trial at most; --resume goes on, and so does any
    further process that is given the same study. The same seed and one worker give the same study.

    For example:

      gnnrec tune movielens_lightgcn --trials 12

      gnnrec tune baselines/ease -t scorer.l2=20..2000:log --trials 15 --splits 3
    """
    from gnnrec.tuning import tune
    from gnnrec.tuning.search import search
    from gnnrec.tuning.settings import Settings

    tune.require_budget(minutes, workers)
    if splits and splits < 2:  # noqa: PLR2004 - what a comparison over splits takes
        raise UsageError(f"--splits is at least 2; got {splits}")
    progress = SearchProgress()
    log_to_stderr(progress)
    how = {"metric": metric, "seed": seed, "sampler": sampler, "pruner": pruner, "keep": keep}
    given: dict[str, Any] = {name: value for name, value in how.items() if value is not None}
    if resume is not None:
        _refuse_what_is_said(given | {"t": ranges, "out": out, "s": assignments if recipe is None else None})
        study = tune.open_study(resume, recipe, assignments or (), trials=trials, storage=storage)
    elif recipe is not None:
        unbounded = trials is None and (minutes is not None or sampler == "grid")
        asked = Settings(**given, trials=None if unbounded else Settings.trials if trials is None else trials)
        study = tune.begin_study(
            recipe, assignments or (), ranges or (), settings=asked, out=out or "runs", storage=storage
        )
    else:
        raise UsageError("name a recipe, or a study with --resume")
    if worker:
        search(study, minutes)
        return
    progress.begin(minutes, workers)
    try:
        record = tune.go_on(
            study, minutes, workers=workers, storage=storage, observers=(progress,), told=progress.search_went_on
        )
    except KeyboardInterrupt:
        progress.close()
        progress.print_above(f"what is tried so far is kept; go on with: gnnrec tune --resume {study.path}")
        raise
    finally:
        progress.close()
    tune.write_best(record, refit=refit)
    if as_json:
        say_json(record.to_json())
        return
    _summarise(record, study.importances())
    root = study.path.parents[1]
    if splits:
        _tell_of_splits(record, splits, root)
    if test:
        _test(record, root)


def _refuse_what_is_said(given: Mapping[str, Any]) -> None:
    """What a study was asked for at its beginning holds for all of its trials."""
    for name, value in given.items():
        if value not in (None, []):
            option = f"--{name}" if len(name) > 1 else f"-{name}"
            raise UsageError(f"{option} is said once, when a study begins; start another study for something else")


def _summarise(record: Record, importances: Mapping[str, float]) -> None:
    from gnnrec.tuning.content import word
    from gnnrec.tuning.verdict import verdict

    best = record.best
    if best is None:
        return
    edges = record.edges()
    rows = [
        (
            axis.key if not axis.of else axis.parameter,
            *(word(each[axis.parameter]) if axis.parameter in each else "–" for each in (record.own, best.parameters)),
            str(axis.among),
            f"{importances[axis.parameter]:.2f}" if axis.parameter in importances else "",
            f"at the {edges[axis.parameter]} end" if axis.parameter in edges else "",
        )
        for axis in record.space.axes
    ]
    heading = f"{record.recipe}, by val {record.settings.metric}"
    say_table(("", "own", "best", "searched", "importance", ""), rows, title=heading)
    for sentence in verdict(record):
        say(sentence)
    say(f"study {record.directory}")
    say(f"best settings: gnnrec run {record.directory / BEST}")


def _tell_of_splits(record: Record, splits: int, root: Path) -> None:
    """Whether what was gained is there on splits that the search did not see."""
    from gnnrec.tuning.after import on_other_splits

    if record.best is None or record.best.own:
        say("other splits: there is nothing to compare, the recipe's own settings are the best")
        return
    progress = TrainingProgress()
    try:
        told = on_other_splits(record, splits, root, (progress,))
    finally:
        progress.close()
    say(told)


def _test(record: Record, root: Path) -> None:
    """What the best is worth on the test."""
    from gnnrec.pipeline import run

    progress = TrainingProgress()
    try:
        finished = run(record.directory / BEST, out=root, observers=(progress,))
    finally:
        progress.close()
    metric = record.settings.metric
    say(f"test {metric} {finished.metrics['test'][metric]:.4f}  run directory {finished.directory}")
