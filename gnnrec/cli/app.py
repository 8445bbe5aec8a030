"""The application: its commands, those of plugins, and what becomes of errors."""

from __future__ import annotations

import traceback
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from gnnrec.cli import compare, data, inspect, new, recipes, report, run, runs, use
from gnnrec.cli.completion import complete_plugins
from gnnrec.cli.plugin_commands import add_plugin_commands
from gnnrec.console import complain, report_left_out
from gnnrec.errors import GnnrecError
from gnnrec.plugin.failures import said
from gnnrec.plugin.registry import installed
from gnnrec.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnnrec.plugin.registry import PluginRecord

INTERRUPTED = 130

PLUGIN_OPTION = ("--plugin", "-p")


class ErrorReporting(TyperGroup):
    """Turns errors that a user can mend into a message and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; with --debug, every error shows its traceback."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            complain("interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except GnnrecError as error:
            complain(str(error))
            self._debug(ctx)
            raise typer.Exit(error.exit_status) from None
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if hasattr(error, "exit_code"):  # wrong usage, which typer words and shows
                if getattr(error, "option_name", None) in PLUGIN_OPTION:
                    complain("a plugin is named before the command: gnnrec -p FILE run …")
                raise
            what, whom = f"{type(error).__name__}: {error}", ""
            plugin = _plugin_at_fault(error)
            if plugin is not None:
                what, whom = (
                    f"plugin '{plugin.name}' ({plugin.origin}) failed: {said(error)}",
                    " to the plugin's author",
                )
            complain(what)
            if not self._debug(ctx):
                complain(f"This was not foreseen. `gnnrec --debug …` shows where it happened; please report it{whom}.")
            raise typer.Exit(1) from None

    def _debug(self, ctx: Any) -> bool:
        if ctx.params.get("debug"):
            complain(traceback.format_exc())
            return True
        return False


def _plugin_at_fault(error: BaseException) -> PluginRecord | None:
    """The stranger's plugin in whose code an error was raised, or that called what raised it."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    return next(filter(None, (installed().plugin_at(frame.filename) for frame in frames)), None)


def build_app() -> typer.Typer:
    """The application with the commands of gnnrec and of all plugins."""
    faults: dict[str, str] = {}
    app = typer.Typer(
        name="gnnrec",
        cls=ErrorReporting,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "obj": faults},
    )
    app.callback()(_root)
    for module in (run, compare, runs, report, use, recipes, inspect):
        module.add_commands(app)
    app.add_typer(data.app, name="data")
    app.add_typer(new.app, name="new")
    registry = installed()
    report_left_out(registry)
    faults |= add_plugin_commands(app, registry)
    for plugin, fault in faults.items():
        complain(f"warning: plugin '{plugin}' {fault}")
    return app


def given_plugins(arguments: Sequence[str]) -> list[str]:
    """What -p names before the command; plugins may add commands, so they load before arguments are parsed."""
    given: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        name, _, value = argument.partition("=")
        if argument in PLUGIN_OPTION:
            given += [*islice(rest, 1)]
        elif name == PLUGIN_OPTION[0] and value:
            given.append(value)
        elif argument.startswith(PLUGIN_OPTION[1]):
            given.append(argument.removeprefix(PLUGIN_OPTION[1]))
        elif not argument.startswith("-") or argument == "--":
            break
    return given


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gnnrec {__version__}")
        raise typer.Exit


def _root(
    plugins: Annotated[
        list[str] | None,
        typer.Option(
            *PLUGIN_OPTION,
            metavar="FILE|MODULE",
            help="Load a plugin that is not installed, for this command: a .py file, or an importable module's name. "
            "May be given several times, before the command.",
            autocompletion=complete_plugins,
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Train, evaluate and use recommenders built on graph neural networks.

    A recipe (one YAML file) names the parts; each part is a component contributed by a plugin.

    Start with:  gnnrec run movielens_sage

    Then swap a part:  gnnrec run movielens_sage -s encoder.channels=32

    What parts there are:  gnnrec list, gnnrec show encoder hetero_sage
    """
