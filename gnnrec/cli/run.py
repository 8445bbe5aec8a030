"""`gnnrec run`, `gnnrec resume` and `gnnrec refit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gnnrec.cli.options import JsonOption, RecipeArgument, SetOption
from gnnrec.console import TrainingProgress, log_to_stderr, say, say_json, say_table
from gnnrec.recipe.load import load_recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gnnrec.runs.saved import Run

SHOWN_OF_COLD = ("ndcg@", "recall@")
"""What is told of those that training knew nothing of, at the first k; where there is none of it, the first metrics."""


def add_commands(app: typer.Typer) -> None:
    """Add `run`, `resume` and `refit`."""
    app.command("run")(run_recipe)
    app.command("resume")(resume_run)
    app.command("refit")(refit_run)


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


def refit_run(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The directory of a finished run.")],
    on: Annotated[
        Literal["train+val", "all"],
        typer.Option("--on", help="What to learn from; all leaves nothing to test on."),
    ] = "all",
    warm: Annotated[bool, typer.Option("--warm", help="Start from the run's weights instead of fresh ones.")] = False,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="ROOT", help="Where to make the new run directory; by default beside the run."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a finished run's recommender anew on more data: the run that goes into use.

    A model goes again through the epochs that led to the chosen one, with their learning rates and without validation;
    a scorer is fitted at once. The run itself stays as it is, and its figures are shown as the parent's.

    Example:  gnnrec refit runs/movielens_sage/20260101-120000-s0 --on all
    """
    from gnnrec import pipeline

    _report(lambda progress: pipeline.refit(run, on, warm=warm, out=out, observers=(progress,)), as_json=as_json)


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
    parent = metrics.get("parent", {"val": {}, "test": {}})
    columns = {"val": metrics["val"], "test": metrics["test"]}
    columns |= {f"parent's {part}": parent[part] for part in ("val", "test")}
    shown = {name: values for name, values in columns.items() if values}
    rows = [
        (name, *(f"{values[name]:.4f}" if name in values else "" for values in shown.values()))
        for name in dict.fromkeys(name for values in shown.values() for name in values)
    ]
    say_table(("", *shown), rows, title=f"{finished.recipe.name}, seed {finished.recipe.seed}")
    if cold := _of_cold(metrics.get("groups", {})):
        say(cold)
    trainer = finished.recipe.trainer
    if trainer is not None and "parent" not in metrics:
        epochs = len(finished.history)
        early = f", stopped early ({trainer.epochs} allowed)" if epochs < trainer.epochs else ""
        chosen = f"best epoch {metrics['best_epoch']} of {epochs} by val {trainer.monitor}{early}"
        say(chosen if metrics["val"] else f"the last of {epochs} epochs, as nothing is val")
    if "refit" in metrics:
        epochs = metrics["refit"]["epochs"]
        words = f" in {epochs} epochs" if epochs else ""
        say(f"fitted anew on {metrics['refit']['on'].replace('+', ' and ')}{words}")
    say("  ".join(f"{phase} {value:.1f} s" for phase, value in metrics["seconds"].items()))
    if memory := _of_memory(metrics.get("memory", {})):
        say(memory)
    say(f"run directory {finished.directory}")


def _of_memory(memory: Mapping[str, int | None]) -> str:
    """The memory at its peak, and what was thought beforehand; empty where nothing told."""
    from gnnrec.runs.needed_memory import in_words

    peak, estimated = memory.get("peak_bytes"), memory.get("estimated_bytes")
    return (
        "" if peak is None or estimated is None else f"peak memory {in_words(peak)} (estimated {in_words(estimated)})"
    )


def _of_cold(groups: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """What the test says of those that training knew nothing of, in a line; empty where it knew of all."""
    from gnnrec.evaluation.groups import COLD

    told = []
    for kind, over in (("activity", "{users:,} users"), ("popularity", "items in {interactions:,} test interactions")):
        for group in groups.get(kind, ()):
            if group["label"] == COLD:
                names = [name for name in group["metrics"] if name.startswith(SHOWN_OF_COLD)] or group["metrics"]
                figures = (f"{name} {group['metrics'][name]:.4f}" for name in [*names][: len(SHOWN_OF_COLD)])
                told.append(f"{over.format(**group)}, {' '.join(figures)}")
    return f"cold, without a training interaction: {'; '.join(told)}" if told else ""
