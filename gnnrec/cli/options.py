"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from gnnrec.cli.completion import complete_assignments, complete_recipes

RecipeArgument = Annotated[
    str,
    typer.Argument(
        metavar="RECIPE",
        help="A recipe file, or the name of a shipped recipe.",
        autocompletion=complete_recipes,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="KEY=VALUE",
        help="Change the recipe: -s encoder.channels=128 -s negatives.ratio=1. May be given several times.",
        autocompletion=complete_assignments,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, for programs.")]
