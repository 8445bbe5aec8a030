"""`gnnrec data list`, `fetch`, `describe` and `convert`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from pydantic import ValidationError

from gnnrec.cli.completion import complete_datasets, complete_fields
from gnnrec.cli.options import JsonOption
from gnnrec.cli.plain_help import PLAIN, PlainGroup
from gnnrec.console import say, say_json, say_table
from gnnrec.contract.kinds import Dataset
from gnnrec.plugin.registry import Registry, installed
from gnnrec.recipe.load import load_component
from gnnrec.recipe.starter import to_inline_yaml

if TYPE_CHECKING:
    from gnnrec.data.interactions import Availability

NameArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A dataset, as `gnnrec list dataset` names it.",
        autocompletion=complete_datasets,
    ),
]
FieldOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="FIELD=VALUE",
        help="Set a field of the dataset: -s variant=100k. May be given several times.",
        autocompletion=complete_fields,
    ),
]

FolderOption = Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="The folder to write.")]

READER = "converted"
"""The dataset that reads what was converted."""

app = typer.Typer(
    help="Look at data sets, fetch them, and convert them to one folder of Parquet.\n\n"
    "Example:  gnnrec data convert table -s path=ratings.csv --out ratings",
    cls=PlainGroup,
    rich_markup_mode=PLAIN,
)


def add_commands(to: typer.Typer) -> None:
    """Add `data` with its commands."""
    to.add_typer(app, name="data")


@app.command("list")
def list_data(as_json: JsonOption = False) -> None:
    """List the data sets that can be loaded, and where they are if they are at hand."""
    rows = places(installed())
    if as_json:
        say_json([{"dataset": name, **asdict(each)} for name, each in rows])
    else:
        shown = [(name, each.variant, fault(each) or each.place or "no; would be downloaded") for name, each in rows]
        say_table(("dataset", "variant", "at hand"), shown)


@app.command("fetch")
def fetch(name: NameArgument, assignments: FieldOption = None, as_json: JsonOption = False) -> None:
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
def describe(name: NameArgument, assignments: FieldOption = None, as_json: JsonOption = False) -> None:
    """Can one train on a data set? What is in it, what splits do with it, what memory it takes, and a first recipe.

    The first line is the verdict. What loading drops, merges or guesses is told below, instead of on stderr.

    Example:  gnnrec data describe movielens -s variant=latest-small
    """
    from gnnrec.cli.describe import say_description
    from gnnrec.cli.description import describe_dataset

    dataset = cast("Dataset", load_component("dataset", name, assignments or ()))
    found = describe_dataset(dataset, installed())
    if as_json:
        say_json(found.to_json())
    else:
        say_description(found)


@app.command("convert")
def convert(
    name: NameArgument,
    out: FolderOption,
    assignments: FieldOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a folder that this command wrote before.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Load a data set and write all that it is to one folder of Parquet, which recipes read instead.

    Ids, times, ratings, parts, tables, relations and behaviours are written as they were understood, so that nothing is
    parsed or guessed again: the data have the same fingerprint, and runs the same figures. Nothing is written unless
    all of it is.

    Example:  gnnrec data convert table -s path=ratings.csv -s rating=stars --out ratings

    A recipe then says:  dataset: {name: converted, path: ratings}
    """
    from gnnrec.data.conversion import require_free, write_converted

    require_free(out, force=force)
    dataset = cast("Dataset", load_component("dataset", name, assignments or ()))
    data = dataset.load()
    about = write_converted(out, data, dataset.terms, force=force)
    reader = {"name": READER, "path": str(out)}
    if as_json:
        files = {file: {"rows": each.rows, "bytes": each.bytes} for file, each in about.files.items()}
        say_json({"dataset": reader, "source": about.source, "terms": about.terms, "files": files})
    else:
        rows = [(file, f"{each.rows:,}", f"{each.bytes:,}") for file, each in about.files.items()]
        say_table(
            ("file", "rows", "bytes"), [*rows, ("all", "", f"{sum(each.bytes for each in about.files.values()):,}")]
        )
        say(f"\n{out} holds {about.source}. A recipe reads it with:\ndataset: {to_inline_yaml(reader)}")


def places(registry: Registry) -> list[tuple[str, Availability]]:
    """Each data set's name with its variants, and where each is at hand."""
    found: list[tuple[str, Availability]] = []
    for name, component in registry.components("dataset").items():
        try:
            dataset = cast("Dataset", component.model_validate({"name": name}))
        except ValidationError:
            continue  # it has required fields, such as a path: there is nothing to look for without them
        found += [(name, each) for each in dataset.available()]
    return found


def fault(found: Availability) -> str:
    """What is wrong with what was found, on one line; empty where nothing is."""
    return f"damaged: {found.fault.splitlines()[0]}" if found.fault else ""
