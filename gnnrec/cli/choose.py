"""`gnnrec choose`."""

from __future__ import annotations

import logging
import shlex
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from gnnrec.cli.completion import complete_data
from gnnrec.cli.options import JsonOption
from gnnrec.console import (
    TrainingProgress,
    complain,
    log_to_stderr,
    require_place,
    say,
    say_json,
    say_or_write,
    say_table,
)
from gnnrec.data.usual_columns import usual_columns
from gnnrec.errors import DataError, UsageError, suggestion
from gnnrec.plugin.registry import installed
from gnnrec.recipe.given_tables import reading
from gnnrec.recipe.load import SUFFIXES, find_recipe, load_component, load_recipe, shipped_recipes
from gnnrec.recipe.starter import to_inline_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnnrec.contract.kinds import Dataset
    from gnnrec.recipe.schema import Recipe
    from gnnrec.tuning.choice import Choice
    from gnnrec.tuning.choosing import Divided


def add_commands(app: typer.Typer) -> None:
    """Add `choose`."""
    app.command("choose")(choose_recommender)


def choose_recommender(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="A file of interactions; a recipe, whose data and split are taken; or a data set's name.",
            autocompletion=complete_data,
        ),
    ],
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            "-s",
            metavar="FIELD=VALUE",
            help="Set a field of the data set (-s user=customer); of a recipe, any key (-s split.name=temporal). "
            "May be given several times.",
        ),
    ] = None,
    minutes: Annotated[float, typer.Option("--minutes", metavar="N", help="The time that all takes together.")] = 10.0,
    metric: Annotated[
        str, typer.Option("--metric", metavar="NAME", help="The validation metric that decides.")
    ] = "ndcg@10",
    runs: Annotated[
        str, typer.Option("--runs", metavar="ROOT", help="The folder below which runs are made and looked for.")
    ] = "runs",
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="The file to write the chosen recipe to.")
    ] = Path("chosen.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Which recommender for these data? Run a short ladder of them, and write the choice as a recipe.

    Popularity, neighbours, a linear autoencoder, a graph filter, LightGCN and, where something is known of users or
    items, GraphSAGE are run over one split, the cheapest first; what there is no time for is left out, and epochs are
    shortened to the time. Validation alone chooses: the simplest of those that are as good as the best, as far as a
    95% interval over users tells. The test figure of the choice is shown in the end.

    For example:

      gnnrec choose ratings.csv --minutes 5

      gnnrec choose log.csv -s user=customer -s item=product -s timestamp=bought --out mine.yaml

      gnnrec choose movielens_sage

    The columns of a file are found where they are called as usual. Interrupted, it chooses among what is finished.
    Called again, it takes finished runs as they are.
    """
    from gnnrec.tuning.budget import Budget

    budget = Budget(minutes)
    if out.suffix not in SUFFIXES:
        raise UsageError(f"--out names a recipe, which ends in {SUFFIXES[0]}; got {out}")
    require_place(out, force=force)
    progress = TrainingProgress()
    log_to_stderr(progress)
    logging.getLogger("gnnrec").handlers[0].addFilter(_Once())
    recipe, told = _recipe_of(data, assignments or ())
    from gnnrec.tuning.choosing import choose, divide

    divided = divide(recipe, metric)
    if not as_json:
        _say_data(divided, told)
    try:
        choice = choose(divided, budget, metric=metric, out=runs, observers=(progress,))
    finally:
        progress.close()
    from gnnrec.tuning.chosen_recipe import chosen_recipe

    command = [
        "gnnrec",
        "choose",
        data,
        *chain.from_iterable(("-s", each) for each in assignments or ()),
        "--minutes",
        f"{minutes:g}",
    ]
    text = chosen_recipe(choice, out, shlex.join([*command, "--metric", metric]))
    if not as_json:
        _say_choice(choice)
    say_or_write(text, out, force=force)
    if as_json:
        say_json({"recipe": str(out), **choice.to_dict()})
    else:
        say(f"Next:\n  gnnrec run {shlex.quote(str(out))}")
    if choice.interrupted:
        raise KeyboardInterrupt


class _Once(logging.Filter):
    """Lets what several runs over the same data say pass once."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        is_new = text not in self._said
        self._said.add(text)
        return is_new


def _recipe_of(data: str, assignments: Sequence[str]) -> tuple[Recipe, list[str]]:
    """A recipe of the data to choose for, and what is to be said of them.

    Raises:
        UsageError: There is no such file, recipe or data set.
        DataError: One cannot train on it.
    """
    registry = installed()
    path = Path(data).expanduser()
    if path.suffix in SUFFIXES or (data in shipped_recipes() and not path.exists()):
        find_recipe(data)
        return load_recipe(data, assignments), []
    told = []
    if path.exists():
        name = str(reading({"interactions": data}, None, registry)["name"])
        found = usual_columns(path)
        given = {each.partition("=")[0].strip() for each in assignments}
        found = {} if "columns" in given else {key: value for key, value in found.items() if key not in given}
        if found:
            columns = ", ".join(f"{key}={value}" for key, value in found.items())
            told.append(f"columns by their names: {columns}; -s FIELD=COLUMN names others")
        fields = {"path": data, **found}
        assignments = [*(f"{key}={to_inline_yaml(value)}" for key, value in fields.items()), *assignments]
    elif data in registry.components("dataset"):
        name = data
    else:
        known = {*registry.components("dataset"), *shipped_recipes()}
        raise UsageError(f"{data}: there is no such file, shipped recipe or data set{suggestion(data, known)}")
    from gnnrec.cli.description import describe_dataset

    described = describe_dataset(cast("Dataset", load_component("dataset", name, assignments)), registry)
    if described.recipe is None:
        raise DataError(f"{data}: nothing can be chosen for these data: {described.verdict}")
    told.append(f"can one train on it: {described.verdict}")
    return load_recipe(described.recipe.baseline, described.recipe.sections), told


def _say_data(data: Divided, told: Sequence[str]) -> None:
    split, recipe = data.split, data.recipe
    edges = split.interactions.edges
    say(data.source)
    for line in told:
        say(line)
    filters = f", after {', '.join(each.name for each in recipe.filters)}" if recipe.filters else ""
    parts = ", ".join(f"{part} {len(split.edges(part)):,}" for part in ("train", "val", "test"))
    say(f"{edges.num_users:,} users, {edges.num_items:,} items, {len(edges):,} interactions{filters}")
    say(f"split {recipe.split.name}: {parts}\n")


def _say_choice(choice: Choice) -> None:
    from gnnrec.runs.needed_memory import in_words

    metric = choice.metric
    rows = []
    for row in sorted(choice.rows, key=lambda each: -each.val(metric)):
        interval = "" if row.interval is None else f"{row.interval[0]:+.4f} to {row.interval[1]:+.4f}"
        mark = "*" if row.name == choice.chosen.name else ""
        peak = "" if row.peak is None else in_words(row.peak)
        difference = "" if row.difference is None else f"{row.difference:+.4f}"
        rows.append(
            (f"{row.name}{mark}", f"{row.val(metric):.4f}", difference, interval, f"{row.seconds:.1f}", peak, row.note)
        )
    say_table(("model", f"val {metric}", "to the best", "95% interval", "seconds", "peak memory", ""), rows)
    over = "" if choice.users is None else f"; intervals are over {choice.users:,} users, paired with the best"
    say(f"*: chosen, by validation alone{over}")
    for each in choice.left_out:
        say(f"- {each.name} is left out: {each.why}")
    say(f"\n{choice.sentence}")
    if choice.short_of_time:
        say(f"For want of time shortened or left out: {', '.join(choice.short_of_time)}. --minutes gives more.")
    test = choice.chosen.run.test
    if metric in test:
        say(f"Its test {metric}, which had no say: {test[metric]:.4f}")
    if choice.interrupted:
        complain("interrupted: this is the choice among what was finished; the same command goes on from there")
