"""`${here}` at the beginning of a value: the folder in which the recipe lies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec.recipe.nodes import Node

HERE = "${here}/"


def from_here(node: Node, folder: Path) -> Node:
    """The nodes of a recipe in a folder, with the folder's path in place of `${here}`."""
    value = node.value
    if isinstance(value, dict):
        return replace(node, value={key: from_here(child, folder) for key, child in value.items()})
    if isinstance(value, list):
        return replace(node, value=[from_here(child, folder) for child in value])
    if isinstance(value, str) and value.startswith(HERE):
        return replace(node, value=f"{folder.absolute().as_posix()}/{value.removeprefix(HERE)}")
    return node


def to_here(data: Any, folder: Path) -> Any:
    """Plain data with `${here}` in place of a folder's path: `from_here` in another place finds what moved with it."""
    if isinstance(data, dict):
        return {key: to_here(value, folder) for key, value in data.items()}
    if isinstance(data, list):
        return [to_here(value, folder) for value in data]
    below = f"{folder.absolute().as_posix()}/"
    return HERE + data.removeprefix(below) if isinstance(data, str) and data.startswith(below) else data
