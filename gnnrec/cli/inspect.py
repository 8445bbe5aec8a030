"""Commands that look at what is installed: `list`, `show`, `plugins`, `doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gnnrec.cli.completion import complete_components, complete_kinds
from gnnrec.cli.options import JsonOption
from gnnrec.console import say, say_json, say_table
from gnnrec.contracts import CONTRACTS
from gnnrec.errors import UsageError, suggestion
from gnnrec.registry import installed

if TYPE_CHECKING:
    from gnnrec.registry import PluginRecord


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
        (each, name, registry.owner(component), component.summary())
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
    """Show a component: what it does, and its fields with types, bounds, defaults and meaning."""
    component = installed().component(kind, name)
    schema = component.model_json_schema()
    if as_json:
        say_json({"kind": kind, "name": name, "plugin": installed().owner(component), "schema": schema})
        return
    say(f"{kind} {name}  (plugin {installed().owner(component)})\n")
    say(str(schema.get("description", "")) + "\n")
    rows = [
        (field, _type_of(info), _default_of(info), " ".join(str(info.get("description", "")).split()))
        for field, info in schema["properties"].items()
        if field != "name"
    ]
    if rows:
        say_table(("field", "type", "default", "meaning"), rows)
    else:
        say("It has no fields.")


def plugins(as_json: JsonOption = False) -> None:
    """List the plugins that were found: loaded, disabled by GNNREC_DISABLE_PLUGINS, or failed and why."""
    rows = [
        {
            "name": plugin.name,
            "distribution": plugin.distribution,
            "version": plugin.version,
            "state": plugin.state,
            "components": [f"{each.kind} {each.component_name()}" for each in plugin.components],
            "hooks": list(plugin.hooks),
            "error": plugin.error or None,
        }
        for plugin in installed().plugins
    ]
    if as_json:
        say_json(rows)
        return
    say_table(
        ("plugin", "distribution", "state", "contributes"),
        [
            (plugin.name, f"{plugin.distribution} {plugin.version}", plugin.state, plugin.error or _contributed(plugin))
            for plugin in installed().plugins
        ],
    )


def doctor(as_json: JsonOption = False) -> None:
    """Tell what this installation can do: versions, devices, plugins, data at hand."""
    from gnnrec.cli.diagnosis import diagnose

    findings = diagnose(installed())
    if as_json:
        say_json(findings)
    else:
        say_table(("what", "found"), findings.items())


def _contributed(plugin: PluginRecord) -> str:
    """Components, and the hooks that do something else."""
    components = [f"{each.kind} {each.component_name()}" for each in plugin.components]
    return ", ".join([*components, *(hook for hook in plugin.hooks if hook != "gnnrec_components")])


def _type_of(info: dict[str, Any]) -> str:
    """A property of a JSON Schema in words: `integer > 0`, `adam | sgd`, `list of text`."""
    if "const" in info:
        return repr(info["const"])
    if "enum" in info:
        return " | ".join(map(str, info["enum"]))
    if "anyOf" in info:
        return " or ".join(_type_of(option) for option in info["anyOf"])
    if info.get("type") == "array":
        return f"list of {_type_of(info['items'])}" if info.get("items") else "list"
    words = {"string": "text", "null": "nothing", "boolean": "true | false"}
    text = words.get(str(info.get("type")), str(info.get("type", "anything")))
    bounds = {"exclusiveMinimum": ">", "minimum": "≥", "exclusiveMaximum": "<", "maximum": "≤"}
    limits = [f"{sign} {info[key]:g}" for key, sign in bounds.items() if key in info]
    return " ".join([text, *limits])


def _default_of(info: dict[str, Any]) -> str:
    if "default" not in info:
        return "(required)"
    default = info["default"]
    if isinstance(default, list):
        return "[" + ", ".join(map(str, default)) + "]"
    if default is None:
        return "–"
    return str(default).lower() if isinstance(default, bool) else str(default)
