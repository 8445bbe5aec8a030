"""The command line: `gnnrec`."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from gnnrec.cli import shell
from gnnrec.cli.app import build_app, given_plugins
from gnnrec.cli.imported_later import import_later
from gnnrec.console import complain, escape_what_cannot_be_shown, log_to_stderr
from gnnrec.errors import PluginError, UsageError

if TYPE_CHECKING:
    import typer


YOUNG = 50_000
"""New objects before the garbage collector looks for cycles: importing makes many, and none that are garbage."""


def main() -> None:
    """Run the command line with all installed plugins and those that -p names; or say how a shell's line goes on."""
    gc.set_threshold(YOUNG)
    import_later()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # to look for them reads every distribution
    escape_what_cannot_be_shown()
    try:
        log_to_stderr()
        if shell.is_asking():
            shell.answer(_build_what_can_be)
        _run()
    finally:
        gc.freeze()  # the process ends, and what it gives back need not be looked through first


def _run() -> None:
    try:
        for plugin in given_plugins(sys.argv[1:]):
            _load(plugin)
    except PluginError as error:
        complain("\n".join([str(error), *(error.__notes__ if "--debug" in sys.argv else ())]))
        sys.exit(UsageError.exit_status)
    build_app()(prog_name=shell.PROGRAM)


def _build_what_can_be() -> typer.Typer:
    """The application for a line that may not be typed to its end: a plugin that cannot be loaded is left out."""
    for plugin in given_plugins(shell.typed()):
        try:
            _load(plugin)
        except PluginError:
            continue
    return build_app()


def _load(plugin: str) -> None:
    from gnnrec.plugin.registry import load_plugin

    load_plugin(plugin)
