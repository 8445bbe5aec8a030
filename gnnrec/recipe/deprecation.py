"""Finds what a recipe uses that is not going to stay, and what to use instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

from gnnrec.contract.component import Component
from gnnrec.recipe.faults import Fault
from gnnrec.recipe.nodes import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gnnrec.recipe.nodes import Node, Path


def deprecations(node: Node, model: BaseModel, path: Path = ()) -> Iterator[Fault]:
    """What is deprecated of the components, and of the fields that are written.

    Args:
        node: The recipe's; it knows what is written and where.
        model: The recipe.
        path: Where `model` stands in it.
    """
    if isinstance(model, Component) and model.deprecated:
        message = f"{model.kind} '{model.name}' is deprecated: {model.deprecated}"
        yield Fault(node.position_of((*path, "name")), dotted((*path, "name")), message)
    for field, info in type(model).model_fields.items():
        here = (*path, field)
        value = vars(model)[field]  # asked for as an attribute, a deprecated field would warn by itself
        if info.deprecated and node.find(here) is not None and value != info.default:  # a run writes all defaults down
            told = f"{value:g}" if isinstance(value, float) else str(value)
            advice = str(info.deprecation_message).replace("…", told)  # what takes its place takes its value
            yield Fault(node.position_of(here, key=True), dotted(here), f"this is deprecated: {advice}")
        parts = enumerate(value) if isinstance(value, tuple) else [(None, value)]
        for index, part in parts:
            if isinstance(part, BaseModel):
                yield from deprecations(node, part, here if index is None else (*here, index))
