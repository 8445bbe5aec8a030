"""The application: its commands, those of plugins, and what becomes of errors."""

from __future__ import annotations

import traceback
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from typer.main import get_group

from gnnrec.cli.commands import COMMANDS
from gnnrec.cli.plain_help import PLAIN, PlainGroup
from gnnrec.cli.plugin_commands import PluginCommands
from gnnrec.console import complain
from gnnrec.errors import LESS_MEMORY, GnnrecError, is_out_of_memory
from gnnrec.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnnrec.plugin.record import PluginRecord

INTERRUPTED = 130

PLUGIN_OPTION = ("--plugin", "-p")


class CommandLine(PlainGroup):
    """gnnrec's commands, each imported when it is named, and those of plugins; errors become messages.

    Plugins are asked for theirs where a name is none of gnnrec's, and where all commands are listed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plugin_commands = PluginCommands(COMMANDS)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the group's signature
        """The names of commands: our own in the order of a newcomer's day, then those of plugins."""
        return [*COMMANDS, *self.plugin_commands.commands]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the group's signature
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return self.plugin_commands.commands.get(cmd_name)
        return own_command(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is typed; of `commands` typer names the nearest where there is none."""
        if args and args[0] not in COMMANDS:
            self.commands = cast("Any", dict.fromkeys(self.list_commands(ctx)))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the group's signature
        """The list of commands in the help."""
        rows = [(name, about) for name, (_, about) in COMMANDS.items()]
        theirs = self.plugin_commands.commands
        width = formatter.width - 6 - max(map(len, [*COMMANDS, *theirs]))
        rows += [(name, command.get_short_help_str(width)) for name, command in theirs.items() if not command.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; with --debug, every error shows its traceback."""
        self.plugin_commands.tell_faults()
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
            if is_out_of_memory(error):
                complain(f"memory ran out: {str(error) or type(error).__name__}\n{LESS_MEMORY}")
                self._debug(ctx)
                raise typer.Exit(1) from None
            what, whom = f"{type(error).__name__}: {error}", ""
            plugin = _plugin_at_fault(error)
            if plugin is not None:
                from gnnrec.plugin.failures import said

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


def own_command(name: str) -> Any:
    """A command of gnnrec, imported."""
    module, _ = COMMANDS[name]
    app = typer.Typer(rich_markup_mode=PLAIN)
    import_module(f"gnnrec.cli.{module}").add_commands(app)
    return get_group(app).commands[name]


def _plugin_at_fault(error: BaseException) -> PluginRecord | None:
    """The stranger's plugin in whose code an error was raised, or that called what raised it."""
    from gnnrec.plugin.registry import installed

    frames = reversed(traceback.extract_tb(error.__traceback__))
    return next(filter(None, (installed().plugin_at(frame.filename) for frame in frames)), None)


def build_app() -> typer.Typer:
    """The application with the commands of gnnrec and of all plugins."""
    app = typer.Typer(
        name="gnnrec",
        cls=CommandLine,
        pretty_exceptions_enable=False,
        rich_markup_mode=PLAIN,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
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


def _complete_plugins(incomplete: str) -> list[tuple[str, str]]:
    from gnnrec.cli.completion import complete_plugins

    return complete_plugins(incomplete)


def _print_version(ctx: typer.Context, wanted: bool) -> None:
    if wanted:
        cast("CommandLine", ctx.command).plugin_commands.tell_faults()
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
            autocompletion=_complete_plugins,
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
