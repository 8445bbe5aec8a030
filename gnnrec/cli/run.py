"""`gnnrec run` and `gnnrec resume`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gnnrec.cli.options import JsonOption, RecipeArgument, SetOption
from gnnrec.console import TrainingProgress, log_to_stderr, say, say_json, say_table
from gnnrec.recipe.load import load_recipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnnrec.runs.saved import Run


def add_commands(app: typer.Typer) -> None:
    """Add `run` and `resume`."""
    app.command("run")(run_recipe)
    app.command("resume")(resume_run)


def run_recipe(
    recipe: RecipeArgument,
    assignments: SetOption = None,
    out: Annotated[
        str, typer.Option("--out", metavar="ROOT", help="The folder below which run directories are made.")
    ] = "runs",
    resume: Annotated[
        str | None,
        typer.Option("--resume", metavar="RUN", help="Go on with this run, after checking that it is of this recipe."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train and judge what a recipe describes, and leave a run directory.

    The directory is <ROOT>/<recipe>/<time>-s<seed>; no run is ever overwritten. Its recipe.yaml, run again,
    reproduces the run. Until it is whole its name ends in .partial; `gnnrec resume` goes on with such a one.

    Example:  gnnrec run movielens_sage -s trainer.epochs=20 -s seed=1 --json
    """
    checked = load_recipe(recipe, assignments or ())
    from gnnrec import pipeline  # after the checks, so that a wrong recipe is told at once

    def carry_out(progress: TrainingProgress) -> Run:
        if resume is not None:
            return pipeline.resume(resume, checked, observers=(progress,))
        return pipeline.run(checked, out=out, observers=(progress,))

    _report(carry_out, as_json=as_json)


def resume_run(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The directory of a run, with or without .partial.")],
    force: Annotated[
        bool,
        typer.Option("--force", help="Go on although gnnrec or a plugin that it was begun with has changed since."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Go on with a run that was interrupted, from its last checkpoint.

    After Ctrl-C, a kill or a power cut, at any moment. On CPU the result equals the uninterrupted run's. A finished run
    is summarised. An interrupted run says where its directory is; `gnnrec runs` lists them.

    Example:  gnnrec resume runs/movielens_sage/20260101-120000-s0.partial
    """
    from gnnrec import pipeline

    _report(lambda progress: pipeline.resume(run, force=force, observers=(progress,)), as_json=as_json)


def _report(carry_out: Callable[[TrainingProgress], Run], *, as_json: bool) -> None:
    """Do it with progress shown, and say what came of it."""
    progress = TrainingProgress()
    log_to_stderr(progress)
    try:
        finished = carry_out(progress)
    finally:
        progress.close()
    if as_json:
        say_json({"run_dir": str(finished.directory), "metrics": finished.metrics})
    else:
        _summarise(finished)


def _summarise(finished: Run) -> None:
    metrics = finished.metrics
    rows = [(name, f"{value:.4f}", f"{metrics['test'][name]:.4f}") for name, value in metrics["val"].items()]
    say_table(("", "val", "test"), rows, title=f"{finished.recipe.name}, seed {finished.recipe.seed}")
    trainer = finished.recipe.trainer
    if trainer is not None:
        epochs = len(finished.history)
        early = f", stopped early ({trainer.epochs} allowed)" if epochs < trainer.epochs else ""
        say(f"best epoch {metrics['best_epoch']} of {epochs} by val {trainer.monitor}{early}")
    say("  ".join(f"{phase} {value:.1f} s" for phase, value in metrics["seconds"].items()))
    say(f"run directory {finished.directory}")
