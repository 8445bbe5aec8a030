"""Adds the commands of plugins to the command line, where none takes the place of another."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import typer
from typer.main import get_command_name, get_group

from gnnrec.errors import PluginError
from gnnrec.plugin.failures import said

if TYPE_CHECKING:
    from gnnrec.plugin.hooks import HookCall
    from gnnrec.plugin.registry import Registry

OWN = "gnnrec"


def add_plugin_commands(app: typer.Typer, registry: Registry) -> dict[str, str]:
    """Let each plugin that has the hook add its commands; a plugin at fault adds none.

    Returns:
        For each plugin at fault, why.
    """
    owners = dict.fromkeys(_names(app), OWN)
    faults: dict[str, str] = {}
    for call in registry.hook_calls("gnnrec_commands"):
        try:
            added = _commands_of(call, owners)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - one plugin must not cost the others the command line
            faults[call.plugin] = f"adds no commands: {said(error)}"
        else:
            app.registered_commands += added.registered_commands
            app.registered_groups += added.registered_groups
    return faults


def _commands_of(call: HookCall, owners: dict[str, str]) -> typer.Typer:
    """What one plugin adds, by itself; its names are noted in `owners`.

    Raises:
        PluginError: A name is taken, or the plugin wants to be the command line itself.
    """
    own = typer.Typer()
    call(app=own)
    if own.registered_callback is not None:
        raise PluginError("it sets app.callback, which is gnnrec's own; add a command or app.add_typer(…, name=…)")
    twice = [name for name, count in Counter(_names(own)).items() if count > 1]
    if twice:
        raise PluginError(f"it adds '{twice[0]}' twice")
    names = list(get_group(own).commands) if own.registered_commands or own.registered_groups else []
    for name in names:
        if name in owners:
            raise PluginError(f"there is a command '{name}' already, of {owners[name]}")
    owners |= dict.fromkeys(names, f"plugin '{call.plugin}'")
    return own


def _names(app: typer.Typer) -> list[str]:
    """Commands and groups of the application, as they are typed."""
    commands = [
        each.name or get_command_name(each.callback.__name__) for each in app.registered_commands if each.callback
    ]
    return [*commands, *(each.name for each in app.registered_groups if isinstance(each.name, str))]
