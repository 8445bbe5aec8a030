"""`gnnrec compare`."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gnnrec.cli.answers import require_form
from gnnrec.cli.completion import complete_recipes
from gnnrec.cli.options import JsonOption, SetOption
from gnnrec.console import (
    SearchProgress,
    TrainingProgress,
    log_to_stderr,
    require_place,
    say,
    say_data,
    say_or_write,
    say_table,
)
from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnnrec.comparison.leaderboard import Comparison

ENDINGS = {".json": "json", ".csv": "csv", ".md": "markdown"}
"""What a file of --save holds, by how its name ends."""

DECIDED = 10
"""Columns about the deciding metric, which are the first; the terminal shows the others in a table of their own."""


def add_commands(app: typer.Typer) -> None:
    """Add `compare`."""
    app.command("compare")(compare_targets)


def compare_targets(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET…",
            help="Recipe files, names of shipped recipes, directories of finished runs.",
            autocompletion=complete_recipes,
        ),
    ] = None,
    assignments: SetOption = None,
    seeds: Annotated[
        int, typer.Option("--seeds", metavar="N", help="Run each recipe with N seeds, its own first.")
    ] = 1,
    folds: Annotated[
        int | None, typer.Option("--folds", metavar="K", help="Over the K folds of a k_fold split.")
    ] = None,
    windows: Annotated[
        int | None, typer.Option("--windows", metavar="N", help="Over N rolling windows of a temporal split.")
    ] = None,
    splits: Annotated[
        int | None, typer.Option("--splits", metavar="N", help="Over N seeds of each recipe's own split.")
    ] = None,
    tune: Annotated[
        str | None,
        typer.Option(
            "--tune",
            metavar="BUDGET",
            help="Tune each recipe first, by validation and with the same budget: 20 trials, or 10m for minutes.",
        ),
    ] = None,
    out: Annotated[
        str, typer.Option("--out", metavar="ROOT", help="The folder below which runs are made and looked for.")
    ] = "runs",
    metric: Annotated[str, typer.Option("--metric", metavar="NAME", help="The test metric that decides.")] = "ndcg@10",
    lists: Annotated[
        list[str] | None,
        typer.Option(
            "--lists",
            metavar="NAME=FILE",
            help="Rank another system's lists too: user, item, rank or score. May be given several times.",
        ),
    ] = None,
    form: Annotated[Literal["table", "json", "csv", "markdown"], typer.Option("--format", "-f")] = "table",
    as_json: JsonOption = False,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="FILE", help="Write the leaderboard to a .json, .csv or .md file too."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file of --save.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run again what is done already.")] = False,
) -> None:
    """Rank recipes and finished runs by a test metric, with intervals and p-values over users.

    A recipe is run with N seeds over one split, unless a finished run under ROOT has the same recipe, seed, data and
    versions. Interrupted, the same command goes on from where it was. -s changes every recipe that has the section.
    With --folds, --windows or --splits it is run on each of several splits; intervals then are over these, and know
    that they share training data. With --lists, what other systems recommend is judged on the same split.

    For example:

      gnnrec compare movielens_sage mine.yaml --seeds 3 --save leaderboard.md

      gnnrec compare baselines/ease movielens_lightgcn --tune 10 --seeds 3

      gnnrec compare movielens_lightgcn --lists "implicit ALS=als.parquet"
    """
    if as_json and form not in {"table", "json"}:
        raise UsageError(f"--json and --format {form} contradict each other")
    if save is not None:
        saved_as = require_form(None, save, ENDINGS, "--save")
        require_place(save, force=force)
    named = _named_lists(lists or ())
    several = {"folds": folds, "windows": windows, "splits": splits}
    shared: dict[str, Any] = {"seeds": seeds, "lists": named, "fresh": fresh}
    if tune is None:
        comparison = _compare(targets or (), assignments or (), out, metric, shared | several)
    else:
        asked = [f"--{name}" for name, value in several.items() if value is not None]
        if asked:
            raise UsageError(
                f"--tune chooses by the validation of one split; leave {asked[0]} out, and compare the best.yaml of "
                "each study over splits afterwards"
            )
        comparison = _compare_tuned(targets or (), assignments or (), out, metric, tune, shared)
    if save is not None:
        say_or_write(_text(comparison, saved_as) + "\n", save, force=force)
    if as_json or form != "table":
        say_data(_text(comparison, "json" if as_json else form))
    else:
        _show(comparison)


def _compare(
    targets: Sequence[str], assignments: Sequence[str], out: str, metric: str, others: dict[str, Any]
) -> Comparison:
    from gnnrec.comparison.compare import compare

    progress = TrainingProgress()
    log_to_stderr(progress)
    try:
        return compare(targets, overrides=assignments, out=out, metric=metric, observers=(progress,), **others)
    finally:
        progress.close()


def _compare_tuned(
    targets: Sequence[str], assignments: Sequence[str], out: str, metric: str, budget: str, others: dict[str, Any]
) -> Comparison:
    from gnnrec.tuning.fair import TuningBudget, compare_tuned

    progress = SearchProgress()
    log_to_stderr(progress)
    try:
        return compare_tuned(
            targets,
            TuningBudget.read(budget),
            overrides=assignments,
            out=out,
            metric=metric,
            observers=(progress,),
            told=progress.search_went_on,
            **others,
        )
    finally:
        progress.close()


def _named_lists(arguments: Sequence[str]) -> dict[str, str]:
    """The files of --lists, by name."""
    found: dict[str, str] = {}
    for text in arguments:
        name, _, file = (each.strip() for each in text.partition("="))
        if not name or not file:
            raise UsageError(f"--lists takes a name and a file, as in --lists 'implicit ALS=als.csv'; got '{text}'")
        if name in found:
            raise UsageError(f"--lists: two are called '{name}'")
        found[name] = file
    return found


def _text(comparison: Comparison, form: str) -> str:
    from gnnrec.comparison.leaderboard_text import to_csv, to_markdown

    if form == "json":
        return json.dumps(comparison.to_dict(), ensure_ascii=False)
    return to_csv(comparison) if form == "csv" else to_markdown(comparison)


def _show(comparison: Comparison) -> None:
    """Two tables, so that a terminal of 100 columns holds them."""
    from gnnrec.comparison.leaderboard_text import explanation, shown_columns

    table = shown_columns(comparison)
    headings = list(table)
    for part in (headings[:DECIDED], ["recipe", *headings[DECIDED:]]):
        broken = [heading.replace("vs best ", "vs best\n") for heading in part]
        say_table(broken, zip(*(table[heading] for heading in part), strict=True))
        say("")
    say(explanation(comparison))
