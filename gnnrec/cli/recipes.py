"""Commands about recipes: `init`, `validate`, `resolve`, `schema`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from gnnrec.cli.answers import ForceOption, OutOption, require_form
from gnnrec.cli.completion import complete_recipes
from gnnrec.cli.init import init
from gnnrec.cli.options import JsonOption, RecipeArgument, SetOption
from gnnrec.console import complain, require_place, say, say_data, say_json, say_or_write
from gnnrec.plugin.registry import installed
from gnnrec.recipe.faults import Fault, RecipeError
from gnnrec.recipe.load import dump_recipe, load_recipe


def add_commands(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("init")(init)
    app.command("validate")(validate)
    app.command("resolve")(resolve)
    app.command("schema")(schema)


def validate(
    recipes: Annotated[
        list[str],
        typer.Argument(
            metavar="RECIPE…", help="Recipe files, or names of shipped recipes.", autocompletion=complete_recipes
        ),
    ],
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check recipes and show everything that is wrong with them, each fault with its place.

    Exit status 2 if there is a fault. Imports no torch and reads no data.
    """
    faults: list[Fault] = []
    for recipe in recipes:
        try:
            load_recipe(recipe, assignments or ())
        except RecipeError as error:
            faults += error.faults
            complain(str(error))
        else:
            if not as_json:
                say(f"{recipe}: valid")
    if as_json:
        found = [
            {
                "source": fault.position.source,
                "line": fault.position.line or None,
                "column": fault.position.column or None,
                "path": fault.path,
                "message": fault.message,
            }
            for fault in faults
        ]
        say_json({"valid": not faults, "faults": found})
    if faults:
        raise typer.Exit(RecipeError.exit_status)


def resolve(recipe: RecipeArgument, assignments: SetOption = None, as_json: JsonOption = False) -> None:
    """Print a recipe with `extends` and -s applied and every default filled in."""
    resolved = load_recipe(recipe, assignments or ())
    if as_json:
        say_json(resolved.to_dict())
    else:
        say_data(dump_recipe(resolved).rstrip("\n"))


def schema(
    out: OutOption = None,
    force: ForceOption = False,
) -> None:
    """Print the JSON Schema of recipes over every installed component, for completion and checks in editors.

    An editor with a YAML language server takes it where the recipe says so, in a comment at its top:

    # yaml-language-server: $schema=recipe.schema.json

    Write it anew after installing a plugin.

    Example:  gnnrec schema --out recipe.schema.json
    """
    if out is not None:
        require_form(None, out, {".json": "json"})
        require_place(out, force=force)
    from gnnrec.recipe.json_schema import json_schema

    say_or_write(json.dumps(json_schema(installed()), indent=2), out, force=force)
