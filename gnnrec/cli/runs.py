"""`gnnrec runs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnnrec.cli.options import JsonOption
from gnnrec.console import say, say_json, say_table

if TYPE_CHECKING:
    from gnnrec.runs.record import RunRecord

SHOWN = ("ndcg@10", "recall@10", "auc")
"""Test metrics that the table shows."""


def add_commands(app: typer.Typer) -> None:
    """Add `runs`."""
    app.command("runs")(show_runs)


def show_runs(
    out: Annotated[str, typer.Option("--out", metavar="ROOT", help="The folder below which runs are made.")] = "runs",
    recipe: Annotated[str | None, typer.Option("--recipe", metavar="NAME", help="Only runs of this recipe.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="KEY=VALUE",
            help="Only runs whose recipe says so: --where encoder.name=lightgcn. May be given several times.",
        ),
    ] = None,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="METRIC", help="Best first by a test metric; else newest first.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", help="At most N runs.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List runs: what they were, when, and what they measured. A run that did not finish ends in .partial.

    Example:  gnnrec runs --where encoder.channels=128 --sort ndcg@10 --limit 5
    """
    from gnnrec.runs.listing import list_runs

    runs = list_runs(out, recipe=recipe, where=where or (), sort=sort, limit=limit)
    if as_json:
        say_json([_facts(run) for run in runs])
        return
    if not runs:
        say(f"no such run in {out}" if recipe or where else f"no runs in {out}")
        return
    shown = list(SHOWN if sort is None else dict.fromkeys((sort, *SHOWN)))
    say_table(("seed", "epoch", *shown, "run"), [_cells(run, shown) for run in runs], whole=("run",))


def _cells(run: RunRecord, metrics: list[str]) -> list[object]:
    best = run.metrics.get("best_epoch") if run.finished else f"({run.epochs})"
    values = [f"{run.test[name]:.4f}" if name in run.test else "–" for name in metrics]
    return [run.seed, "–" if best is None else best, *values, run.directory]


def _facts(run: RunRecord) -> dict[str, Any]:
    return {
        "run_dir": str(run.directory),
        "recipe": run.name,
        "time": run.time.isoformat() if run.time is not None else None,
        "seed": run.seed,
        "finished": run.finished,
        "epochs": run.epochs,
        "best_epoch": run.metrics.get("best_epoch"),
        "test": run.test,
        "seconds": run.metrics.get("seconds", {}),
    }
