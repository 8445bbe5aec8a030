"""YAML as a tree in which every node knows where it was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from gnnrec.recipe.faults import Fault, Position, RecipeError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_NODES = 10_000
"""More than any recipe needs; aliases that multiply beyond it are refused."""

SHOWN = 40
"""Characters of a value that a message repeats."""

TAG = "tag:yaml.org,2002:"
SCALARS = ("null", "bool", "int", "float", "str", "timestamp")
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Node:
    """A mapping (dict), a sequence (list) or a scalar, and where it stands.

    A mapping whose keys are all integers is a patch of a sequence: `-s features.item.0.name=…` makes one.
    """

    value: Any
    """A `dict[str | int, Node]`, a `list[Node]` or a scalar."""

    position: Position
    keys: dict[str | int, Position] = field(default_factory=dict)
    """Where each key of a mapping stands."""

    def plain(self) -> Any:
        """The value without positions."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def find(self, path: Path) -> Node | None:
        """The node at `path`, or None."""
        node = self
        for step in path:
            if isinstance(node.value, str):  # it has items as well, and they are no nodes
                return None
            try:
                node = node.value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return node

    def position_of(self, path: Path, *, key: bool = False) -> Position:
        """Where `path` stands: its value, its key, or what encloses it if it is not there."""
        if not path:
            return self.position
        parent = self.find(path[:-1])
        if parent is None:
            return self.position_of(path[:-1])
        if key and path[-1] in parent.keys:
            return parent.keys[path[-1]]
        child = self.find(path)
        if child is not None:
            return child.position
        return self.position_of(path[:-1], key=True)


def read_yaml(text: str, source: str) -> Node:
    """Parse YAML 1.2 into nodes.

    Raises:
        RecipeError: The text is no YAML, is empty, or has duplicate keys, foreign tags or too many nodes.
    """
    reader = _Reader(source)
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        if root is None:
            raise RecipeError([Fault(Position(source), "", "this is empty; a recipe is a mapping of sections")])
        node = reader.read(root, ())
    except RecursionError:
        message = "values are nested too deeply, or an alias stands within what it names"
        raise RecipeError([Fault(Position(source), "", message)]) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Position(source, mark.line + 1, mark.column + 1) if mark is not None else Position(source)
        hint = next((hint for start, hint in REMEDIES.items() if str(error.problem).startswith(start)), "")
        raise RecipeError([Fault(where, "", f"this is not valid YAML: {error.problem}{hint}")]) from None
    except YAMLError as error:
        message = str(error).partition("\n")[0]
        raise RecipeError([Fault(Position(source), "", f"this is not valid YAML: {message}")]) from None
    if reader.faults:
        raise RecipeError(reader.faults)
    return node


REMEDIES = {
    "found unknown escape character": r"; in double quotes a \ begins an escape: write / or single quotes",
    "found character '\\t'": "; a line is indented with spaces, not with a tab",
}
"""What to do about YAML's faults, by how they begin."""


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.faults: list[Fault] = []
        self.count = 0
        self.scalars = YAML(typ="safe", pure=True).constructor

    def read(self, node: YamlNode, path: Path) -> Node:
        position = self.position(node)
        self.count += 1
        if self.count > MAX_NODES:
            raise RecipeError([Fault(position, "", f"there are more than {MAX_NODES} values in this file")])
        if isinstance(node, MappingNode):
            self.check_tag(node, path, "map")
            return self.read_mapping(node, path)
        if isinstance(node, SequenceNode):
            self.check_tag(node, path, "seq")
            return Node([self.read(child, (*path, i)) for i, child in enumerate(node.value)], position)
        return Node(self.read_scalar(node, path), position)

    def read_mapping(self, node: MappingNode, path: Path) -> Node:
        children: dict[str | int, Node] = {}
        keys: dict[str | int, Position] = {}
        merged: list[Node] = []
        for key_node, value_node in node.value:
            where = self.position(key_node)
            if key_node.tag == f"{TAG}merge":
                for origin in _merge_sources(value_node):
                    if isinstance(origin, MappingNode):
                        merged.append(self.read(origin, path))
                    else:
                        self.fault(self.position(origin), path, "<< takes a mapping, or a list of mappings")
                continue
            if not isinstance(key_node, ScalarNode) or key_node.tag != f"{TAG}str":
                text = getattr(key_node, "value", "a collection")
                self.fault(where, path, f"a key is a name; got {text!r}, which is not text")
                continue
            key = key_node.value
            if key in children:
                first = keys[key]
                self.fault(where, (*path, key), f"this key stands twice; first in line {first.line}")
                continue
            keys[key] = where
            child = self.read(value_node, (*path, key))
            # The parser places a value that is not written at whatever comes next.
            children[key] = Node(None, where) if value_node.start_mark.index == value_node.end_mark.index else child
        for source in merged:
            for key, child in source.value.items():
                children.setdefault(key, child)
                keys.setdefault(key, source.keys[key])
        return Node(children, self.position(node), keys)

    def read_scalar(self, node: YamlNode, path: Path) -> Any:
        if not self.check_tag(node, path, *SCALARS):
            return None
        if node.tag in {f"{TAG}str", f"{TAG}timestamp"}:
            return node.value
        try:
            return self.scalars.construct_object(node)
        except (ValueError, KeyError):  # too many digits, or a tag that the text does not fit
            shown = repr(node.value) if len(node.value) <= SHOWN else f"{node.value[:SHOWN]!r}…"
            self.fault(self.position(node), path, f"{shown} cannot be read as {_short(node.tag)}")
            return None

    def check_tag(self, node: YamlNode, path: Path, *allowed: str) -> bool:
        good = node.tag in {f"{TAG}{name}" for name in allowed}
        if not good:
            self.fault(self.position(node), path, f"the tag {_short(node.tag)} has no place in a recipe")
        return good

    def fault(self, position: Position, path: Path, message: str) -> None:
        self.faults.append(Fault(position, dotted(path), message))

    def position(self, node: YamlNode) -> Position:
        return Position(self.source, node.start_mark.line + 1, node.start_mark.column + 1)


def _short(tag: object) -> str:
    return str(tag).replace(TAG, "!!")


def _merge_sources(node: YamlNode) -> Iterator[YamlNode]:
    yield from node.value if isinstance(node, SequenceNode) else [node]


def dotted(path: Path) -> str:
    """A path as people write it: `features.item.0.name`."""
    return ".".join(map(str, path))


def merge(base: Node, over: Node) -> Node:
    """Lay `over` on `base`: mappings key by key, everything else replaced. Neither is changed.

    This one rule serves `extends:` and `-s`. Where `over` gives a component another `name`, the old component's
    fields are dropped. A patch (a mapping with integer keys) changes items of a sequence by their index.
    """
    return _merge(base, over, ())


def _merge(base: Node, over: Node, path: Path) -> Node:
    if not isinstance(over.value, dict):
        return over
    if over.value and all(isinstance(key, int) for key in over.value):
        return _patch(base, over, path)
    children: dict[str | int, Node] = {}
    keys: dict[str | int, Position] = {}
    position = over.position
    if isinstance(base.value, dict) and not (path and _renames(base, over)):
        children, keys, position = dict(base.value), dict(base.keys), base.position
    for key, child in over.value.items():
        children[key] = _merge(children.get(key, Node(None, child.position)), child, (*path, key))
        keys[key] = over.keys[key]
    return Node(children, position, keys)


def _patch(base: Node, over: Node, path: Path) -> Node:
    if isinstance(base.value, dict):
        index = min(over.value)
        message = f"a mapping has keys and no item {index}; known: {', '.join(map(str, base.value))}"
        raise RecipeError([Fault(over.keys[index], dotted((*path, index)), message)])
    items = list(base.value) if isinstance(base.value, list) else []
    for index, child in sorted(over.value.items()):
        if index > len(items):
            message = f"there is no item {index}; the list has {len(items)}, counted from 0"
            raise RecipeError([Fault(child.position, dotted((*path, index)), message)])
        old = items[index] if index < len(items) else Node(None, child.position)
        items[index : index + 1] = [_merge(old, child, (*path, index))]
    return Node(items, base.position)


def _renames(base: Node, over: Node) -> bool:
    old, new = base.find(("name",)), over.find(("name",))
    return old is not None and new is not None and old.value != new.value
