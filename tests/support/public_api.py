"""What of gnnrec is public, written out as text; run it to write docs/public_api.txt anew after a deliberate change."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gnnrec
import gnnrec.testing
from gnnrec.cli.schema_words import default_of, type_of
from gnnrec.contract import hookspecs
from gnnrec.contract.component import Component
from gnnrec.contract.kinds import CONTRACTS
from gnnrec.plugin.registry import Registry, installed
from gnnrec.recipe.schema import Evaluation, Features, Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

SNAPSHOT = Path(__file__).parents[2] / "docs" / "public_api.txt"

TOOLS = {
    "gnnrec.data.draws": ["interaction_hashes", "node_hashes", "in_drawn_order", "count_of"],
    "gnnrec.modelling.layerwise": ["encode"],
    "gnnrec.graph.link_sampling": ["LoaderSampler"],
    "gnnrec.graph.neighbor_sampling": ["NeighborSampler"],
    "gnnrec.graph.pair_sampling": ["UnknownPairs", "popularity_weights"],
    "gnnrec.graph.pair_scores": ["pair_dot"],
    "gnnrec.graph.new_nodes": ["look_up"],
    "gnnrec.graph.propagation": ["degrees", "propagate", "propagate_over"],
    "gnnrec.modelling.model": ["Model"],
    "gnnrec.randomness": ["Streams"],
    "gnnrec.contract.training": ["Checkpoints"],
}
"""Tools for authors of components, and what trainers are handed, by module."""


def public_api(registry: Registry) -> str:
    """The whole text: its first line bears the minor version that promises it."""
    minor = ".".join(gnnrec.__version__.split(".")[:2])
    return "\n".join([f"gnnrec {minor}", *_lines(registry)]) + "\n"


def _lines(registry: Registry) -> Iterator[str]:
    for module in (gnnrec, gnnrec.testing):
        yield from ("", f"# from {module.__name__} import …")
        for name in module.__all__:
            yield from _described(name, getattr(module, name))
    yield from ("", "# tools for authors")
    for module_name, names in TOOLS.items():
        for name in names:
            yield from _described(f"{module_name}.{name}", getattr(importlib.import_module(module_name), name))
    yield from ("", "# hooks")
    for name, hook in sorted(vars(hookspecs).items()):
        if hasattr(hook, f"{hookspecs.PROJECT}_spec"):
            yield f"{name}{inspect.signature(hook)}"
    yield from ("", "# recipes")
    for title, model in (("", Recipe), ("features.", Features), ("evaluation.", Evaluation)):
        yield from _fields(model, title)
    yield from ("extends: text", "made_with: mapping of text to text", "", "# components")
    yield from _components(registry)


def _components(registry: Registry) -> Iterator[str]:
    """The built-in components and their fields."""
    for kind in CONTRACTS:
        for name, component in sorted(registry.components(kind).items()):
            if registry.owner(component).distribution == hookspecs.PROJECT:
                yield f"{kind} {name}"
                yield from _fields(component, "    ")


def _described(name: str, thing: Any) -> Iterator[str]:
    """A name with its signature and, of a class, with its public members."""
    if not inspect.isclass(thing):
        yield f"{name}{inspect.signature(thing)}" if inspect.isfunction(thing) else name
        return
    bases = ", ".join(base.__name__ for base in thing.__bases__ if base is not object)
    yield f"class {name}({bases})" if bases else f"class {name}"
    if issubclass(thing, Exception):
        return
    if issubclass(thing, Component):
        yield f"    kind = {thing.kind!r}"
        yield from _fields(thing, "    ")
    elif "__init__" in vars(thing):
        yield f"    {inspect.signature(thing)}"
    for member, value in sorted(vars(thing).items()):
        if member.startswith(("_", "model_")) or member == "kind":
            continue
        if isinstance(value, (classmethod, staticmethod)):
            yield f"    {member}{inspect.signature(value.__func__)}"
        elif inspect.isfunction(value):
            yield f"    {member}{inspect.signature(value)}"
        elif not issubclass(thing, Component) or member in thing.__class_vars__ or isinstance(value, property):
            yield f"    {member}"


def _fields(model: type[BaseModel], indent: str) -> Iterator[str]:
    """What a recipe may say, as `gnnrec show` puts it."""
    schema = model.model_json_schema()
    for field, info in schema["properties"].items():
        if field != "name" or not issubclass(model, Component):
            yield f"{indent}{field}: {type_of(info)} = {default_of(info)}"
    if not issubclass(model, Component):
        return
    for title, part in sorted(schema.get("$defs", {}).items()):  # such as a trainer's schedules
        for field, info in part["properties"].items():
            yield f"{indent}{title}.{field}: {type_of(info)} = {default_of(info)}"


if __name__ == "__main__":
    SNAPSHOT.write_text(public_api(installed()), encoding="utf-8")
