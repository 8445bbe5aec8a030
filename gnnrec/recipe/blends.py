"""The parts of a recipe that blends recommenders: each is read and checked as the recipe that it would be by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gnnrec.contract.blending import BlendedPart, Blending
from gnnrec.recipe.faults import Fault, RecipeError
from gnnrec.recipe.nodes import Node, Path, dotted, merge
from gnnrec.recipe.schema import MODEL_SECTIONS
from gnnrec.recipe.translation import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gnnrec.plugin.registry import Registry
    from gnnrec.recipe.schema import Recipe

PLACE: Path = ("scorer", "parts")

OF_PART = ("features", *MODEL_SECTIONS, "scorer")
"""Sections that a part has of its own."""

EXTENDED = "recipe"
"""The key of a part that names the recipe whose sections it takes."""


def with_extended_parts(node: Node, read: Callable[[Node, str], Node]) -> Node:
    """A recipe in which parts that name another recipe have its sections, changed by what stands beside it.

    Args:
        node: The recipe's nodes; or anything else, which stays as it is.
        read: Gives the nodes of the recipe that a node names, at a path that messages call it by.

    Raises:
        RecipeError: A part names no recipe.
    """
    parts = node.find(PLACE)
    if parts is None or not isinstance(parts.value, list):
        return node
    whole = [_extended(part, (*PLACE, index), read) for index, part in enumerate(parts.value)]
    return _with_parts(node, replace(parts, value=whole))


def take_parts(node: Node, registry: Registry) -> tuple[Node, list[Node]]:
    """The nodes of a recipe without the sections of its parts, and the nodes of a recipe for each of these.

    Raises:
        RecipeError: A part is no mapping, or is made of parts itself.
    """
    parts = node.find(PLACE)
    if not _is_blending(node, registry) or parts is None or not isinstance(parts.value, list):
        return node, []
    shared = _without(node, OF_PART)
    left, taken = [], []
    for index, part in enumerate(parts.value):
        if not isinstance(part.value, dict):
            message = f"expected a mapping, got {shown(part.plain())}"
            raise RecipeError([Fault(part.position, dotted((*PLACE, index)), message)])
        if _is_blending(part, registry):
            path = (*PLACE, index, "scorer", "name")
            raise RecipeError([Fault(node.position_of(path), dotted(path), "a part is not made of parts itself")])
        left.append(_without(part, OF_PART))
        own = _without(part, tuple(key for key in part.value if key not in OF_PART))
        taken.append(Node({**shared.value, **own.value}, part.position, {**shared.keys, **own.keys}))
    return _with_parts(node, replace(parts, value=left)), taken


def faults_of_part(index: int, error: RecipeError) -> Iterator[Fault]:
    """What is wrong with the sections that a part has of its own, called by where they stand."""
    for fault in error.faults:
        if fault.path.partition(".")[0] in OF_PART:
            yield replace(fault, path=f"{dotted((*PLACE, index))}.{fault.path}")


def with_parts(recipe: Recipe, parts: Sequence[Recipe]) -> Recipe:
    """The recipe whose parts have the sections of these recipes."""
    if not parts or not isinstance(recipe.scorer, Blending):
        return recipe
    whole = tuple(
        BlendedPart.model_construct(
            weight=part.weight,
            features={node_type: some for node_type, some in own.features if some},
            **{section: getattr(own, section) for section in OF_PART if section != "features"},
        )
        for part, own in zip(recipe.scorer.parts, parts, strict=True)
    )
    return recipe.model_copy(update={"scorer": recipe.scorer.model_copy(update={"parts": whole})})


def _extended(part: Node, path: Path, read: Callable[[Node, str], Node]) -> Node:
    named = part.value.get(EXTENDED) if isinstance(part.value, dict) else None
    if named is None:
        return part
    base = read(named, dotted((*path, EXTENDED)))
    others = tuple(key for key in base.value if key not in OF_PART)
    return merge(_without(base, others), _without(part, (EXTENDED,)))


def _is_blending(node: Node, registry: Registry) -> bool:
    name = node.find(("scorer", "name"))
    if name is None or not isinstance(name.value, str):
        return False
    component = registry.components("scorer").get(name.value)
    return component is not None and issubclass(component, Blending)


def _with_parts(node: Node, parts: Node) -> Node:
    scorer = node.value["scorer"]
    return replace(node, value={**node.value, "scorer": replace(scorer, value={**scorer.value, "parts": parts})})


def _without(node: Node, keys: Sequence[str | int]) -> Node:
    return replace(node, value={key: child for key, child in node.value.items() if key not in keys})
