"""Commands that look at what is installed: `list`, `show`, `plugins`, `doctor`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from gnnrec.cli.completion import complete_components, complete_kinds
from gnnrec.cli.options import JsonOption
from gnnrec.cli.schema_words import default_of, type_of
from gnnrec.console import say, say_json, say_table
from gnnrec.contract.kinds import CONTRACTS
from gnnrec.contract.tuned import tuned_fields
from gnnrec.errors import UsageError, suggestion
from gnnrec.plugin.registry import installed

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from gnnrec.plugin.record import PluginRecord


def add_commands(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("list")(list_components)
    app.command("show")(show)
    app.command("plugins")(plugins)
    app.command("doctor")(doctor)


def list_components(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="[KIND]", help=f"One of: {', '.join(CONTRACTS)}.", autocompletion=complete_kinds),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the installed components, of one kind or of all."""
    if kind is not None and kind not in CONTRACTS:
        raise UsageError(f"no kind of component is called '{kind}'{suggestion(kind, CONTRACTS)}")
    registry = installed()
    rows = [
        (each, name, registry.owner(component).name, component.summary())
        for each in ([kind] if kind else CONTRACTS)
        for name, component in registry.components(each).items()
    ]
    columns = ("kind", "name", "plugin", "summary")
    if as_json:
        say_json([dict(zip(columns, row, strict=True)) for row in rows])
    elif rows:
        say_table(columns, rows)
    else:
        say(f"no {kind or 'component'} is installed")


def show(
    kind: Annotated[
        str,
        typer.Argument(metavar="KIND", help=f"One of: {', '.join(CONTRACTS)}.", autocompletion=complete_kinds),
    ],
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The component's name.", autocompletion=complete_components)
    ],
    as_json: JsonOption = False,
) -> None:
    """Show a component: what it does, and its fields with types, bounds, defaults, ranges and meaning."""
    component = installed().component(kind, name)
    schema = component.model_json_schema()
    tuned = tuned_fields(component)
    plugin = installed().owner(component)
    if as_json:
        ranges = {field: asdict(mark) for field, mark in tuned.items()}
        say_json({"kind": kind, "name": name, "plugin": plugin.name, "schema": schema, "tuned": ranges})
        return
    say(f"{kind} {name}  (plugin {plugin.name}, {plugin.origin})\n")
    say(str(schema.get("description", "")) + "\n")
    if component.deprecated:
        say(f"deprecated: {component.deprecated}\n")
    rows = [
        (
            field,
            type_of(info),
            default_of(info),
            *([tuned.get(field, "")] if tuned else []),
            _meaning_of(info, component.model_fields[field]),
        )
        for field, info in schema["properties"].items()
        if field != "name"
    ]
    if rows:
        say_table(("field", "type", "default", *(["tuned"] if tuned else []), "meaning"), rows)
    else:
        say("It has no fields.")


def plugins(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the plugins that were found: loaded, disabled by GNNREC_DISABLE_PLUGINS, or failed and why.

    With `gnnrec --debug plugins`, tracebacks of those that failed. GNNREC_TRACE_PLUGINS=1 tells, in any command, what
    plugins are asked and how long they take.
    """
    no_commands: dict[str, str] = cast("Any", context.find_root().command).plugin_commands.faults
    rows = [
        {
            "name": plugin.name,
            "distribution": plugin.distribution,
            "version": plugin.version,
            "given": plugin.given or None,
            "sha256": plugin.sha256 or None,
            "state": plugin.state,
            "components": [f"{each.kind} {each.component_name()}" for each in plugin.components],
            "hooks": list(plugin.hooks),
            "error": plugin.error or no_commands.get(plugin.name),
        }
        for plugin in installed().plugins
    ]
    if as_json:
        say_json(rows)
        return
    say_table(
        ("plugin", "from", "state", "contributes"),
        [
            (plugin.name, plugin.origin, plugin.state, _contributed(plugin, no_commands.get(plugin.name)))
            for plugin in installed().plugins
        ],
    )
    if context.find_root().params.get("debug"):
        for plugin in installed().plugins:
            if plugin.details:
                say(f"\n{plugin.name}:\n{plugin.details.rstrip()}")


def doctor(as_json: JsonOption = False) -> None:
    """Tell what this installation can do: versions, devices, plugins, data at hand."""
    from gnnrec.cli.diagnosis import diagnose

    findings = diagnose(installed())
    if as_json:
        say_json(findings)
    else:
        say_table(("what", "found"), findings.items())


def _contributed(plugin: PluginRecord, no_commands: str | None) -> str:
    """Components, and the hooks that do something else; or what kept it from contributing."""
    if plugin.error:
        return plugin.error
    if no_commands:
        return no_commands
    components = [f"{each.kind} {each.component_name()}" for each in plugin.components]
    return ", ".join([*components, *(hook for hook in plugin.hooks if hook != "gnnrec_components")])


def _meaning_of(info: dict[str, Any], field: FieldInfo) -> str:
    meaning = " ".join(str(info.get("description", "")).split())
    return f"deprecated: {field.deprecation_message}. {meaning}".rstrip() if field.deprecated else meaning
