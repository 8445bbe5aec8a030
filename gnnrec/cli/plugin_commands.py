"""Adds the commands of plugins to the command line, where none takes the place of another."""

from __future__ import annotations

import sys
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

import typer
from typer.main import get_command_name, get_group

from gnnrec.cli.plain_help import PLAIN
from gnnrec.console import complain, report_left_out
from gnnrec.errors import PluginError
from gnnrec.plugin.failures import said
from gnnrec.plugin.memory import recall
from gnnrec.plugin.variables import disabled_names, is_traced

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gnnrec.plugin.hooks import HookCall

OWN = "gnnrec"


class PluginCommands:
    """The commands that plugins add, and what is wrong with plugins; both found out when they are first asked for.

    Where there are only gnnrec's own plugins, and nothing has changed since a start at which they were in order, none
    is imported to say so again.

    Args:
        own: The names of gnnrec's commands, which no plugin can take.
    """

    def __init__(self, own: Iterable[str]) -> None:
        self._own = tuple(own)

    @property
    def commands(self) -> dict[str, Any]:
        """By name."""
        return self._found[0]

    @property
    def faults(self) -> dict[str, str]:
        """For each plugin whose commands cannot be added, why."""
        return self._found[1]

    def tell_faults(self) -> None:
        """Say which plugins are left out or add no commands, once."""
        _ = self._found

    @cached_property
    def _found(self) -> tuple[dict[str, Any], dict[str, str]]:
        memory = recall()
        are_loaded = "gnnrec.plugin.registry" in sys.modules  # as with -p
        if memory is not None and memory.alone and not (are_loaded or disabled_names() or is_traced()):
            return {}, {}
        from gnnrec.plugin.registry import installed

        registry = installed()
        report_left_out(registry)
        if memory is None:
            registry.remember_own()
        owners = dict.fromkeys(self._own, OWN)
        commands: dict[str, Any] = {}
        faults: dict[str, str] = {}
        for call in registry.hook_calls("gnnrec_commands"):
            try:
                commands |= _commands_of(call, owners)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - one plugin must not cost the others the command line
                faults[call.plugin] = f"adds no commands: {said(error)}"
        for plugin, fault in faults.items():
            complain(f"warning: plugin '{plugin}' {fault}")
        return commands, faults


def _commands_of(call: HookCall, owners: dict[str, str]) -> dict[str, Any]:
    """What one plugin adds, by name; the names are noted in `owners`.

    Raises:
        PluginError: A name is taken, or the plugin wants to be the command line itself.
    """
    own = typer.Typer(rich_markup_mode=PLAIN)
    call(app=own)
    if own.registered_callback is not None:
        raise PluginError("it sets app.callback, which is gnnrec's own; add a command or app.add_typer(…, name=…)")
    twice = [name for name, count in Counter(_names(own)).items() if count > 1]
    if twice:
        raise PluginError(f"it adds '{twice[0]}' twice")
    if not own.registered_commands and not own.registered_groups:
        return {}
    added = get_group(own).commands
    for name in added:
        if name in owners:
            raise PluginError(f"there is a command '{name}' already, of {owners[name]}")
    owners |= dict.fromkeys(added, f"plugin '{call.plugin}'")
    return dict(added)


def _names(app: typer.Typer) -> list[str]:
    """Commands and groups of the application, as they are typed."""
    commands = [
        each.name or get_command_name(each.callback.__name__) for each in app.registered_commands if each.callback
    ]
    return [*commands, *(each.name for each in app.registered_groups if isinstance(each.name, str))]
