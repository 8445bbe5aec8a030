"""`-s section.field=value` as nodes, so that the one merging rule applies them."""

from __future__ import annotations

import json
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from gnnrec.recipe.faults import Fault, Position, RecipeError
from gnnrec.recipe.nodes import Node, Path, dotted, merge, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHOWN = 40
"""Characters of a value that is none of a recipe."""


def parse_assignment(text: str) -> tuple[str, Node]:
    """Split `encoder.channels=128` into its path and its value, read as YAML.

    Raises:
        RecipeError: There is no `=`, no path, or the value is no YAML.
    """
    path, equals, value = text.partition("=")
    source = f"-s {text}"
    if not equals or not path.strip():
        raise RecipeError([Fault(Position(source), "", "expected section.field=value")])
    if _is_plain_sign(value):
        return path.strip(), Node(value, Position(source))
    if not value.strip():
        raise RecipeError([Fault(Position(source), path, "there is no value after '='; an empty text is ''")])
    try:
        return path.strip(), _unplaced(read_yaml(value, source), Position(source))
    except RecipeError as error:
        faults = [Fault(Position(source), path.strip(), fault.message) for fault in error.faults]
        raise RecipeError(faults) from None


def _is_plain_sign(value: str) -> bool:
    """Whether a value is nothing but signs or blanks, as a separator is: text as it stands, whatever YAML says.

    >>> [_is_plain_sign(each) for each in ("::", "|", " ", ",", "", "~", "[]", "''", "-", "1")]
    [True, True, True, True, False, False, False, False, True, False]
    """
    return bool(value) and not any(each.isalnum() or each in "~[]{}'\"" for each in value)


def from_mapping(overrides: Mapping[str, Any]) -> list[tuple[str, Node]]:
    """The overrides of a call from Python: `{"encoder.channels": 128}`.

    Raises:
        RecipeError: A value is not plain data.
    """
    pairs = []
    for path, value in overrides.items():
        text = repr(value)
        source = Position(f"override {path}={text if text.isprintable() else type(value).__name__}")
        try:
            plain = json.loads(json.dumps(value))
        except (TypeError, ValueError):
            hint = "; a table is given as gnnrec.run(recipe, data=table)" if hasattr(value, "columns") else ""
            message = f"expected plain data (numbers, text, lists, dicts), got {type(value).__name__}{hint}"
            source = Position(f"override {path}={shorten(repr(value), SHOWN, placeholder=' …')}")
            raise RecipeError([Fault(source, path, message)]) from None
        pairs.append((path, _node(plain, source)))
    return pairs


def tree(assignments: Iterable[tuple[str, Node]], root: Position) -> Node:
    """One tree of all assignments; a later one wins over an earlier one of the same path, mappings are laid together.

    Raises:
        RecipeError: A path goes into a value that another assignment sets.
    """
    result = Node({}, root)
    for path, value in assignments:
        steps: Path = tuple(int(step) if step.isdecimal() else step for step in path.split("."))
        node = result
        for depth, step in enumerate(steps[:-1]):
            node.keys.setdefault(step, value.position)
            node = node.value.setdefault(step, Node({}, value.position))
            if not isinstance(node.value, dict):
                message = f"{dotted(steps[: depth + 1])} is set as a whole by another override"
                raise RecipeError([Fault(value.position, path, message)])
        earlier = node.value.get(steps[-1])
        if earlier is not None and isinstance(earlier.value, dict) and not isinstance(value.value, dict):
            message = f"{path} is set as a whole, and another override goes into it"
            raise RecipeError([Fault(value.position, path, message)])
        node.value[steps[-1]] = value if earlier is None else merge(earlier, value)
        node.keys[steps[-1]] = value.position
    return result


def _node(value: Any, position: Position) -> Node:
    if isinstance(value, dict):
        children: dict[str | int, Node] = {key: _node(child, position) for key, child in value.items()}
        return Node(children, position, dict.fromkeys(children, position))
    if isinstance(value, list):
        return Node([_node(child, position) for child in value], position)
    return Node(value, position)


def _unplaced(node: Node, position: Position) -> Node:
    """The same node, placed at the argument: a line and a column within one argument help nobody."""
    return _node(node.plain(), position)
