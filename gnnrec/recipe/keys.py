"""The keys that `-s key=value` takes and the values that are known of them, and how a part of one goes on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from gnnrec.contract.attribute_docstrings import attribute_docstrings
from gnnrec.contract.kinds import NODE_TYPES
from gnnrec.recipe.faults import RecipeError
from gnnrec.recipe.nodes import read_yaml
from gnnrec.recipe.schema import COMPONENT_SECTIONS, Evaluation, Recipe
from gnnrec.recipe.starter import to_inline_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import BaseModel

    from gnnrec.contract.component import Component
    from gnnrec.plugin.registry import Registry

Candidate = tuple[str, str]
"""A text that may stand there, and what it means."""

UNQUOTED = re.compile(r"[\w.+@/,\[\]-]+")
"""Values that stand on a command line as they are, or with no more than a bracket escaped."""

ABOUT = 80
"""Characters of a meaning."""


@dataclass(frozen=True)
class Key:
    """A key: either `children` lie below it, or it takes one of `values`, or any where there are none."""

    about: str = ""
    values: tuple[str, ...] = ()
    children: Mapping[str, Key] = field(default_factory=dict)

    def joined(self, other: Key) -> Key:
        """What either has, where a key belongs to several components."""
        children = dict(self.children)
        for name, child in other.children.items():
            children[name] = children[name].joined(child) if name in children else child
        return Key(self.about or other.about, tuple(dict.fromkeys((*self.values, *other.values))), children)


def recipe_keys(registry: Registry, recipe: Recipe | None) -> Key:
    """The keys of `recipe`; or, where it is not known, of all components."""
    children = {
        name: Key(_told(Recipe, name), () if recipe is None else _values_of(getattr(recipe, name)))
        for name in ("name", "seed", "refit")
    }
    for section in COMPONENT_SECTIONS:
        current = getattr(recipe, section, None)
        if recipe is None or current is not None:
            below = component_keys(registry, section, current)
            children[section] = Key(_told(Recipe, section), children=below.children)
    wanted = dict.fromkeys(NODE_TYPES, ()) if recipe is None else dict(recipe.features)
    blocks = {node_type: _listed(registry, "features", some) for node_type, some in wanted.items()}
    filters = _listed(registry, "filters", recipe.filters if recipe is not None else ())
    children["filters"] = Key(_told(Recipe, "filters"), children=filters.children)
    children["features"] = Key(_told(Recipe, "features"), children=blocks)
    judged = _fields(Evaluation.model_json_schema(), recipe.evaluation.model_dump(mode="json") if recipe else {})
    metrics = Key(_told(Evaluation, "metrics"), tuple(f"[{name}]" for name in sorted(registry.components("metric"))))
    children["evaluation"] = Key(_told(Recipe, "evaluation"), children={**judged.children, "metrics": metrics})
    return Key(children=children)


def component_keys(registry: Registry, kind: str, current: Component | None) -> Key:
    """The name and the fields of `current`; or, where it is not known, of every component of the kind."""
    known = registry.components(kind)
    keys = Key(children={"name": Key("", tuple(sorted(known)))})
    for component in [type(current)] if current is not None else known.values():
        values = current.model_dump(mode="json") if current is not None else {}
        own = _fields(component.model_json_schema(), values)
        keys = keys.joined(Key(children={name: key for name, key in own.children.items() if name != "name"}))
    return keys


def continued(begun: str, keys: Key) -> list[Candidate]:
    """How `begun`, a part of `key=value`, may go on.

    Where it goes on in one way only, what comes after that is given as well: so a shell that puts a space behind the
    only candidate does so behind a value alone.
    """
    path, equals, _ = begun.partition("=")
    steps = path.split(".")
    *above, last = steps
    place, prefix = keys, "".join(f"{step}." for step in above)
    for step in above:
        if step not in place.children:
            return []
        place = place.children[step]
    if equals:
        key = place.children.get(last)
        return [each for each in _assigned(path, key) if each[0].startswith(begun)] if key is not None else []
    found = {name: key for name, key in place.children.items() if name.startswith(last)}
    while len(found) == 1:
        [(name, key)] = found.items()
        if not key.children:
            return [(f"{prefix}{name}=", key.about), *_assigned(f"{prefix}{name}", key)]
        prefix, found = f"{prefix}{name}.", dict(key.children)
    return [(f"{prefix}{name}{'.' if key.children else '='}", key.about) for name, key in found.items()]


def _assigned(path: str, key: Key) -> list[Candidate]:
    return [(f"{path}={value}", "") for value in key.values]


def _listed(registry: Registry, kind: str, components: Iterable[Component]) -> Key:
    """The items of a list of filters or feature encoders, by their index, and the one after the last."""
    items = {str(index): component_keys(registry, kind, each) for index, each in enumerate(components)}
    items[str(len(items))] = component_keys(registry, kind, None)
    return Key(children=items)


def _fields(schema: dict[str, Any], values: Mapping[str, Any]) -> Key:
    definitions = schema.get("$defs", {})
    children = {
        name: _key(info, definitions, values.get(name, info.get("default")))
        for name, info in schema.get("properties", {}).items()
    }
    return Key(children=children)


def _key(info: dict[str, Any], definitions: dict[str, Any], value: Any) -> Key:
    """A field: choices where there are some, parts that name themselves, or the value that it has."""
    about = shorten(str(info.get("description", "")), ABOUT, placeholder=" …")
    named = [definitions[reference.rpartition("/")[2]] for reference in _references(info)]
    parts = [definition for definition in named if "properties" in definition]
    if parts:
        below = Key()
        for part in parts:
            chosen = isinstance(value, dict) and value.get("name") == part["properties"].get("name", {}).get("const")
            if chosen or not isinstance(value, dict):
                below = below.joined(_fields({**part, "$defs": definitions}, value if chosen else {}))
        names = [str(part["properties"]["name"]["const"]) for part in parts if "name" in part["properties"]]
        return Key(about, children={**below.children, **({"name": Key("", tuple(names))} if names else {})})
    choices = [choice for each in (info, *named) for choice in _choices(each)]  # an enum is defined by itself
    return Key(about, tuple(dict.fromkeys(choices)) or _values_of(value))


def _references(info: dict[str, Any]) -> list[str]:
    """The parts that a field may hold one of; a list of parts is taken as a value."""
    if "$ref" in info:
        return [info["$ref"]]
    return [each for option in (*info.get("anyOf", ()), *info.get("oneOf", ())) for each in _references(option)]


def _choices(info: dict[str, Any]) -> list[str]:
    if "anyOf" in info:
        options = [each for option in info["anyOf"] for each in _choices(option) if "items" not in option]
        return options if any(each != "null" for each in options) else []
    if info.get("type") == "boolean":
        return ["true", "false"]
    if info.get("type") == "null":
        return ["null"]
    if "items" in info:
        return [f"[{each}]" for each in _choices(info["items"])]
    return [_text(each) for each in info.get("enum", ())]


def _values_of(value: Any) -> tuple[str, ...]:
    """A value as it may stand on a command line, if it may."""
    text = _text(value).replace(", ", ",")
    return (text,) if UNQUOTED.fullmatch(text) else ()


def _text(value: Any) -> str:
    bare = isinstance(value, str) and UNQUOTED.fullmatch(value) and _reads_as_itself(value)
    return str(value) if bare else to_inline_yaml(value)


def _reads_as_itself(text: str) -> bool:
    try:
        return bool(read_yaml(text, "").value == text)
    except RecipeError:  # a comma alone, say
        return False


def _told(model: type[BaseModel], name: str) -> str:
    return shorten(attribute_docstrings(model)[name], ABOUT, placeholder=" …")
