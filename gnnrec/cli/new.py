"""`gnnrec new plugin`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from gnnrec.cli.completion import complete_kinds
from gnnrec.cli.plain_help import PLAIN, PlainGroup
from gnnrec.console import say
from gnnrec.contract.kinds import CONTRACTS
from gnnrec.plugin.registry import installed

app = typer.Typer(help="Start something of your own.", cls=PlainGroup, rich_markup_mode=PLAIN)


def add_commands(to: typer.Typer) -> None:
    """Add `new` with its commands."""
    to.add_typer(app, name="new")


@app.callback()
def _new() -> None:
    """Start something of your own."""


@app.command("plugin")
def new_plugin(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its folder and distribution: my-gat.")],
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            autocompletion=complete_kinds,
            help="What it contributes, encoder if not said; may be given several times. "
            f"One of: {', '.join(CONTRACTS)}.",
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="The folder below which its folder is made.")
    ] = Path(),
) -> None:
    """Write a plugin that works: one module with a small component of each KIND, a recipe, tests, a README.

    It is a distribution of its own: once installed, its components are in every command. Make it yours from there.

    NAME must be free: no module, distribution, plugin or component of a KIND is called so.

    Example:  gnnrec new plugin my-gat --kind encoder --kind loss
    """
    from gnnrec.scaffold.naming import chosen_names
    from gnnrec.scaffold.plugin import plugin_files, recipe_files
    from gnnrec.scaffold.writing import write_folder

    names = chosen_names(name, kinds or (), installed())
    folder = out / name
    files = plugin_files(names)
    write_folder(folder, files)
    say("\n".join(["written:", *(f"  {folder / path}" for path in files)]))
    commands = [
        f'python -m pip install -e "{folder}[dev]"',
        f"gnnrec list {names.kinds[0]}" if len(names.kinds) == 1 else "gnnrec list",
        f"python -m pytest {shlex.quote(str(folder))}",
        *(f"gnnrec run {shlex.quote(str(folder / path))}" for path in recipe_files(names)),
    ]
    say("\n".join(["next:", *(f"  {command}" for command in commands)]))
