"""What a shell may complete in the place of an argument; whatever goes wrong, nothing is completed and nothing said."""

from __future__ import annotations

import os
from collections.abc import Iterator  # noqa: TC003 - typer reads annotations at run time
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import typer  # noqa: TC002 - typer reads annotations at run time

from gnnrec.contract.kinds import CONTRACTS
from gnnrec.errors import GnnrecError
from gnnrec.plugin.registry import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gnnrec.recipe.schema import Recipe

P = ParamSpec("P")

Candidate = tuple[str, str]
"""As gnnrec.recipe.keys has it, which is imported only where it is asked: typer reads annotations at every start."""

TABLES = (".csv", ".tsv", ".txt", ".dat", ".gz", ".parquet", ".pq")
"""Endings of files of interactions."""

GIVEN = ("recipe", "recipes", "targets", "run")
"""Arguments that say which recipe -s changes."""


def quietly(completer: Callable[P, Iterable[Candidate]]) -> Callable[P, list[Candidate]]:
    """Complete nothing where `completer` fails, and keep a shell from reading a meaning as markup."""

    @wraps(completer)
    def complete(*args: P.args, **kwargs: P.kwargs) -> list[Candidate]:
        from rich.markup import escape

        try:
            return [(text, escape(about)) for text, about in completer(*args, **kwargs)]
        except Exception:  # noqa: BLE001 - a shell that waits for words has no use for an error
            return []

    return complete


@quietly
def complete_kinds(incomplete: str) -> Iterator[Candidate]:
    """Kinds of components."""
    for kind, contract in CONTRACTS.items():
        if kind.startswith(incomplete):
            yield kind, contract.summary()


@quietly
def complete_components(ctx: typer.Context, incomplete: str) -> list[Candidate]:
    """Components of the kind that stands before."""
    return _components(str(next(_given(ctx, ("kind",)))), incomplete)


@quietly
def complete_datasets(incomplete: str) -> list[Candidate]:
    """Data sets."""
    return _components("dataset", incomplete)


@quietly
def complete_recipes(incomplete: str) -> list[Candidate]:
    """Names of shipped recipes, and YAML files and folders."""
    from gnnrec.recipe.load import SUFFIXES, shipped_recipes

    shipped = [(name, "shipped recipe") for name in shipped_recipes() if name.startswith(incomplete)]
    return shipped + [(path, "") for path in _files(incomplete, SUFFIXES)]


@quietly
def complete_data(incomplete: str) -> list[Candidate]:
    """Data sets, names of shipped recipes, and whatever files and folders there are."""
    return [*_components("dataset", incomplete), *complete_recipes(incomplete), *_tables(incomplete)]


@quietly
def complete_plugins(incomplete: str) -> list[Candidate]:
    """Python files."""
    return [(path, "") for path in _files(incomplete, (".py",))]


@quietly
def complete_assignments(ctx: typer.Context, incomplete: str) -> list[Candidate]:
    """`key=value` of the recipe on the line; of all components where there is none that can be read."""
    from gnnrec.recipe.keys import continued, recipe_keys

    return continued(incomplete, recipe_keys(installed(), _recipe(ctx)))


@quietly
def complete_fields(ctx: typer.Context, incomplete: str) -> list[Candidate]:
    """`field=value` of the data set on the line."""
    from gnnrec.recipe.keys import Key, component_keys, continued

    registry = installed()
    name = next(_given(ctx, ("name",)), None)
    component = registry.components("dataset").get(str(name))
    keys = component_keys(registry, "dataset", component.model_construct() if component is not None else None)
    return continued(incomplete, Key(children={key: value for key, value in keys.children.items() if key != "name"}))


def _tables(incomplete: str) -> list[Candidate]:
    return [(path, "") for path in _files(incomplete, TABLES) if not path.endswith("/")]


def _components(kind: str, incomplete: str) -> list[Candidate]:
    known = installed().components(kind)
    return [(name, component.summary()) for name, component in known.items() if name.startswith(incomplete)]


def _given(ctx: typer.Context, parameters: Iterable[str]) -> Iterator[str]:
    """What the line says so far; while an option has no value yet, arguments are left over instead of parsed."""
    for parameter in parameters:
        value: Any = ctx.params.get(parameter)
        yield from [value] if isinstance(value, str) else value or ()
    yield from ctx.args


def _recipe(ctx: typer.Context) -> Recipe | None:
    """The recipe on the line, with what was set before where that is right."""
    given = next(_given(ctx, GIVEN), None)
    if given is None:
        return None
    from gnnrec.recipe.load import load_recipe

    path = Path(given) / "recipe.yaml" if Path(given).is_dir() else given
    for assignments in (ctx.params.get("assignments") or (), ()):
        try:
            return load_recipe(path, assignments)
        except GnnrecError:
            continue
    return None


def _files(incomplete: str, suffixes: tuple[str, ...]) -> list[str]:
    """Files and folders; what is in a folder where there is nothing else, so that no space is put behind it."""
    found = _entries(incomplete, suffixes)
    while len(found) == 1 and found[0].endswith("/"):
        deeper = _entries(found[0], suffixes)
        if not deeper:
            break
        found = deeper
    return found


def _entries(incomplete: str, suffixes: tuple[str, ...]) -> list[str]:
    """Files and folders whose path begins as `incomplete` does, folders with a `/` at the end."""
    above, begun = os.path.split(incomplete)
    folder = Path(above or ".").expanduser()
    return [
        os.path.join(above, entry.name) + ("/" if entry.is_dir() else "")  # noqa: PTH118 - keeps ./ and ~ as typed
        for entry in (sorted(folder.iterdir()) if folder.is_dir() else ())
        if entry.name.startswith(begun)
        and (begun or not entry.name.startswith("."))
        and (entry.is_dir() or entry.suffix in suffixes)
    ]
