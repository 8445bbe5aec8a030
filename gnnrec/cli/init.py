"""`gnnrec init`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gnnrec.cli.completion import complete_recipes
from gnnrec.console import complain, require_place, say, say_or_write
from gnnrec.errors import UsageError
from gnnrec.plugin.registry import installed
from gnnrec.recipe.load import load_recipe, name_of

if TYPE_CHECKING:
    from gnnrec.recipe.schema import Recipe

SCHEMA_FILE = "recipe.schema.json"
"""What the recipe's header points its editor to."""


def init(
    file: Annotated[str, typer.Argument(metavar="[NAME|FILE]", help="The file to write; .yaml may be left out.")] = (
        "recipe.yaml"
    ),
    origin: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="RECIPE",
            help="The recipe to start from: a shipped one's name, or a file.",
            autocompletion=complete_recipes,
        ),
    ] = "movielens_sage",
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file, and the schema beside it.")] = False,
) -> None:
    """Write a commented recipe to start from, and beside it the JSON Schema that an editor completes from.

    Each section shows the fields of its component, with their defaults and meaning, and names the other components of
    its kind. The recipe is the same as the one it starts from, but for its name. A recipe.schema.json that is there
    stays as it is.

    Example:  gnnrec init mine --from baselines/ease
    """
    from gnnrec.recipe.json_schema import json_schema
    from gnnrec.recipe.starter import starter

    path = _with_ending(file)
    schema = path.with_name(SCHEMA_FILE)
    _check_place(path, force=force)
    recipe = load_recipe(origin).model_copy(update={"name": name_of(path)})
    registry = installed()
    text = starter(recipe, registry, _preface(path, origin, recipe))
    described = json.dumps(json_schema(registry), indent=2)
    if force or not schema.exists():
        say_or_write(described, schema, force=force)
    else:
        complain(f"{schema} is there already and stays; `gnnrec schema --out {_quoted(schema)} --force` renews it")
    say_or_write(text, path, force=force)
    say(f"Next:\n  gnnrec validate {_quoted(path)}\n  gnnrec run {_quoted(path)}")


def _with_ending(file: str) -> Path:
    path = Path(file).expanduser()
    if not path.name or not str(path).isprintable():
        raise UsageError(f"expected the name of a file to write, got {file!r}")
    return path if path.suffix else path.with_name(f"{path.name}.yaml")


def _check_place(path: Path, *, force: bool) -> None:
    """Before any work: can the recipe be written there?"""
    if path.name == SCHEMA_FILE:
        raise UsageError(f"{path} is where the schema goes; give the recipe another name")
    require_place(path, force=force)


def _preface(path: Path, origin: str, recipe: Recipe) -> list[str]:
    kind = "encoder" if recipe.encoder is not None else "scorer"
    component = recipe.encoder or recipe.scorer
    return [
        f"gnnrec run {_quoted(path)}",
        f"yaml-language-server: $schema={SCHEMA_FILE}",
        "",
        f"Begun from {' '.join(origin.split())}. A field behind a # shows its default; take the # away to change it.",
        f"What there is: gnnrec list. What it does: gnnrec show {kind} {component.name if component else 'NAME'}",
    ]


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
