"""`made_with`: what gave a recipe's components when it was run, and what of that is missing or another here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from gnnrec.contract.component import Component
from gnnrec.recipe.faults import Fault, RecipeError
from gnnrec.recipe.nodes import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gnnrec.plugin.record import PluginRecord
    from gnnrec.plugin.registry import Registry
    from gnnrec.recipe.nodes import Node
    from gnnrec.recipe.schema import Recipe

THEN = ", then "
"""Between the versions that a resumed run was made with."""

MADE_WITH = "made_with"
"""The key of a recipe that holds it."""


def plugins_of(recipe: Recipe, registry: Registry) -> dict[str, PluginRecord]:
    """The plugins whose components a recipe names, by name."""
    known = (registry.components(each.kind).get(each.name) for each in _components(recipe))
    owners = [registry.owner(component) for component in known if component is not None]
    return {plugin.name: plugin for plugin in owners}


def made_with(recipe: Recipe, registry: Registry) -> dict[str, str]:
    """What gives a recipe's components: distributions and their versions, files and their hashes."""
    return dict(sorted(plugin.maker for plugin in plugins_of(recipe, registry).values()))


def take_made_with(node: Node) -> dict[str, str]:
    """Take `made_with` out of a recipe's nodes.

    Raises:
        RecipeError: It is no mapping of names to versions.
    """
    taken = node.value.pop(MADE_WITH, None) if isinstance(node.value, dict) else None
    if taken is None:
        return {}
    if not isinstance(taken.value, dict):
        raise RecipeError(
            [Fault(taken.position, MADE_WITH, "expected a mapping of names to versions; gnnrec writes it")]
        )
    faults = [
        Fault(
            version.position,
            dotted((MADE_WITH, name)),
            "expected a version as text, in quotes where it looks like a number",
        )
        for name, version in taken.value.items()
        if not isinstance(version.value, str)
    ]
    if faults:
        raise RecipeError(faults)
    return {str(name): version.value for name, version in taken.value.items()}


def continued(begun_with: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """What a resumed run was made with: where that is another version than it was begun with, both, in their order."""
    last = last_made_with(begun_with)
    return {
        name: f"{begun_with[name]}{THEN}{version}"
        if last.get(name, version) != version
        else begun_with.get(name, version)
        for name, version in now.items()
    }


def last_made_with(made: Mapping[str, str]) -> dict[str, str]:
    """What a run was made with when it was last worked on."""
    return {name: version.rpartition(THEN)[2] for name, version in made.items()}


def makers(registry: Registry) -> dict[str, str]:
    """The same of all that is loaded, whether it takes part in a recipe or not."""
    return dict(plugin.maker for plugin in registry.plugins if plugin.state == "loaded")


def missing(made: Mapping[str, str], registry: Registry) -> str:
    """The end of a message about a component that is not there: what the recipe was made with and is not here."""
    here = makers(registry)
    absent = [_absence(name, version, registry) for name, version in made.items() if name not in here]
    return f"; the recipe was made with {', '.join(absent)}" if absent else ""


def changed(made: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What a recipe was made with and is here in another version, in words."""
    return [
        f"the recipe was made with {name} {_short(then)}, and here it is {_short(now[name])}: results may differ"
        for name, then in made.items()
        if now.get(name, then) != then
    ]


def replaced(made: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What a recipe was made with and takes no part in it here, because others have its components, in words."""
    gone, new = ([each for each in one if each not in other] for one, other in ((made, now), (now, made)))
    if not gone:
        return []
    instead = f", here with {', '.join(new)}" if new else ", which gives none of its components here"
    return [f"the recipe was made with {', '.join(gone)}{instead}: results may differ"]


def _short(version: str) -> str:
    """A version with as much of a hash as tells it from others."""
    return re.sub(r"(sha256:[0-9a-f]{12})[0-9a-f]+", r"\1…", version)


def _absence(name: str, version: str, registry: Registry) -> str:
    if version.startswith("sha256:"):
        return f"{name}, a plugin to be given: gnnrec -p {name} …"
    version = version.partition(" sha256:")[0]
    for plugin in registry.plugins:
        if plugin.distribution == name:
            return f"{name} {version}, whose plugin '{plugin.name}' is {plugin.fault}"
    return f"{name} {version}, which is not installed"


def _components(value: Any) -> Iterator[Component]:
    if isinstance(value, Component):
        yield value
    if isinstance(value, BaseModel):
        for field in type(value).model_fields:
            yield from _components(vars(value)[field])
    elif isinstance(value, (tuple, dict)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _components(each)
