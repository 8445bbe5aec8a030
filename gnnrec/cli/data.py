"""`gnnrec data list`, `fetch` and `describe`."""

from __future__ import annotations

from typing import Annotated, cast

import typer
from pydantic import ValidationError

from gnnrec.cli.options import JsonOption, SetOption
from gnnrec.console import say, say_json, say_table
from gnnrec.contracts import Dataset
from gnnrec.recipe.load import load_component
from gnnrec.registry import Registry, installed

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A dataset, as `gnnrec list dataset` names it.")]

app = typer.Typer(help="Look at data sets, and fetch them.", no_args_is_help=True)


@app.command("list")
def list_data(as_json: JsonOption = False) -> None:
    """List the data sets that can be loaded, and where they are if they are at hand."""
    rows = places(installed())
    if as_json:
        say_json([{"dataset": name, "variant": variant, "place": place} for name, variant, place in rows])
    else:
        shown = [(name, variant, place or "no; would be downloaded") for name, variant, place in rows]
        say_table(("dataset", "variant", "at hand"), shown)


@app.command("fetch")
def fetch(name: NameArgument, assignments: SetOption = None, as_json: JsonOption = False) -> None:
    """Fetch a data set into the cache, unless it is at hand, and show its terms of use.

    Example:  gnnrec data fetch movielens -s variant=100k
    """
    dataset = cast("Dataset", load_component("dataset", name, assignments or ()))
    interactions = dataset.load()
    if as_json:
        say_json({"source": interactions.source, "terms": dataset.terms})
    else:
        say(interactions.source)
        say(f"\n{dataset.terms}" if dataset.terms else "\nIts terms are not known to gnnrec.")


@app.command("describe")
def describe(name: NameArgument, assignments: SetOption = None, as_json: JsonOption = False) -> None:
    """Load a data set and tell its size, its density and its long tail.

    Example:  gnnrec data describe movielens -s variant=latest-small
    """
    from gnnrec.describe import describe_interactions

    dataset = cast("Dataset", load_component("dataset", name, assignments or ()))
    facts = describe_interactions(dataset.load())
    if as_json:
        say_json(facts)
    else:
        say_table(("what", "value"), facts.items())


def places(registry: Registry) -> list[tuple[str, str, str | None]]:
    """Each data set, its variants, and where each is at hand; None where it would be downloaded."""
    found: list[tuple[str, str, str | None]] = []
    for name, component in registry.components("dataset").items():
        try:
            dataset = cast("Dataset", component.model_validate({"name": name}))
        except ValidationError:
            continue  # it has required fields, such as a path: there is nothing to look for without them
        found += [(name, each.variant, each.place) for each in dataset.available()]
    return found
