"""`gnnrec run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gnnrec.cli.options import JsonOption, RecipeArgument, SetOption
from gnnrec.console import TrainingProgress, log_to_stderr, say, say_json, say_table
from gnnrec.recipe.load import load_recipe

if TYPE_CHECKING:
    from gnnrec.saved_run import Run


def add_commands(app: typer.Typer) -> None:
    """Add `run`."""
    app.command("run")(run_recipe)


def run_recipe(
    recipe: RecipeArgument,
    assignments: SetOption = None,
    out: Annotated[
        str, typer.Option("--out", metavar="ROOT", help="The folder below which run directories are made.")
    ] = "runs",
    as_json: JsonOption = False,
) -> None:
    """Train and judge what a recipe describes, and leave a run directory.

    The directory is <ROOT>/<recipe>/<time>-s<seed>; no run is ever overwritten. Its recipe.yaml, run again,
    reproduces the run.

    Example:  gnnrec run movielens_sage -s trainer.epochs=20 -s seed=1 --json
    """
    checked = load_recipe(recipe, assignments or ())
    from gnnrec.pipeline import run  # after the checks, so that a wrong recipe is told at once

    progress = TrainingProgress()
    log_to_stderr(progress)
    try:
        finished = run(checked, out=out, observers=(progress,))
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
        say(f"best epoch {metrics['best_epoch']} of {trainer.epochs} by val {trainer.monitor}")
    say("  ".join(f"{phase} {value:.1f} s" for phase, value in metrics["seconds"].items()))
    say(f"run directory {finished.directory}")
