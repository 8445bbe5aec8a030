"""Finds a recipe by path or by name, combines it with what it extends and what was overridden, and checks it."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from gnnrec.errors import UsageError, suggestion
from gnnrec.recipe import overrides as overriding
from gnnrec.recipe.check import check, check_component_data
from gnnrec.recipe.deprecation import deprecations
from gnnrec.recipe.faults import Fault, Position, RecipeError
from gnnrec.recipe.made_with import MADE_WITH, changed, made_with, take_made_with
from gnnrec.recipe.nodes import Node, merge, read_yaml
from gnnrec.registry import Registry, installed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gnnrec.component import Component
    from gnnrec.recipe.schema import Recipe

logger = logging.getLogger(__name__)

SUFFIXES = (".yaml", ".yml")


def load_recipe(
    recipe: str | Path,
    overrides: Mapping[str, Any] | Iterable[str] = (),
    *,
    registry: Registry | None = None,
) -> Recipe:
    """Read a recipe and check it against the installed components.

    Args:
        recipe: A path, or the name of a shipped recipe (`movielens_sage`).
        overrides: `{"encoder.channels": 128}`, or assignments as on the command line (`encoder.channels=128`).
        registry: The components to check against; the installed ones if not given.

    Raises:
        RecipeError: It cannot be found or read, or is wrong; with every fault and where it is.

    >>> load_recipe("movielens_sage", {"encoder.channels": 32}).encoder.channels
    32
    """
    path = find_recipe(recipe)
    node = _read(path, ())
    made = take_made_with(node)
    if isinstance(overrides, Mapping):
        assignments = overriding.from_mapping(overrides)
    else:
        assignments = [overriding.parse_assignment(text) for text in overrides]
    changes = overriding.tree(assignments, node.position)
    for key in ("extends", MADE_WITH):
        if key in changes.value:
            raise RecipeError(
                [Fault(changes.keys[key], key, "this is said in a recipe's file and cannot be overridden")]
            )
    node = merge(node, changes)
    if isinstance(node.value, dict) and "name" not in node.value:
        node = merge(node, overriding.tree(overriding.from_mapping({"name": name_of(path)}), node.position))
    registry = registry or installed()
    checked = check(node, registry, made)
    for deprecation in deprecations(node, checked):
        logger.warning("%s", deprecation)
    for change in changed(made, checked, registry):
        logger.warning("%s: %s", path, change)
    return checked


def load_component(kind: str, name: str, assignments: Iterable[str]) -> Component:
    """One component by itself: its name, and its fields as on the command line (`variant=100k`).

    Raises:
        UsageError: There is no such component.
        RecipeError: A field is wrong.
    """
    registry = installed()
    registry.component(kind, name)
    place = Position(f"{kind} {name}")
    pairs = [overriding.parse_assignment(text) for text in assignments]
    base = overriding.tree(overriding.from_mapping({"name": name}), place)
    if any(path == "name" for path, _ in pairs):
        raise UsageError(f"the {kind} is named by the argument '{name}' already; -s sets its fields")
    return check_component_data(kind, merge(base, overriding.tree(pairs, place)), registry)


def name_of(file: Path) -> str:
    """The name of a recipe that does not say its own.

    >>> name_of(Path("runs/my recipe.yaml"))
    'my-recipe'
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem).lstrip("._-") or "recipe"


def find_recipe(recipe: str | Path) -> Path:
    """The file of a recipe that is given by path or by name.

    Raises:
        RecipeError: There is no such file and no shipped recipe of that name.
    """
    path = Path(recipe).expanduser()
    if _holds(path.is_file):
        return path
    where = Position(str(recipe))
    shipped = shipped_recipes()
    if str(recipe) in shipped:
        return shipped[str(recipe)]
    if _holds(path.is_dir):
        raise RecipeError([Fault(where, "", "this is a directory; a recipe is one YAML file")])
    hint = suggestion(path.stem, shipped)
    raise RecipeError([Fault(where, "", f"there is no such file, and no shipped recipe of that name{hint}")])


def _holds(test: Callable[[], bool]) -> bool:
    """Ask about a path; text that is too long or too odd to be one is none."""
    try:
        return test()
    except (OSError, ValueError):
        return False


def shipped_recipes() -> dict[str, Path]:
    """The recipes that come with gnnrec, by name (the path below `recipes/` without its ending)."""
    package = Path(__file__).parents[1]
    in_wheel, in_checkout = package / "recipes", package.parent / "recipes"
    root = in_wheel if in_wheel.is_dir() else in_checkout
    return {path.relative_to(root).with_suffix("").as_posix(): path for path in sorted(root.rglob("*.yaml"))}


def dump_recipe(recipe: Recipe) -> str:
    """The recipe as YAML with every default filled in; reading it back gives an equal recipe."""
    return to_yaml(recipe.to_dict())


def dump_run(recipe: Recipe) -> str:
    """The same with `made_with`, for whoever runs it again."""
    return to_yaml({**recipe.to_dict(), MADE_WITH: made_with(recipe, installed())})


def to_yaml(data: Mapping[str, Any]) -> str:
    """Plain data as YAML; reading it back gives equal data."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.width = 4096  # a value stays on the line of its key
    setattr(yaml, "sort_base_mapping_type_on_output", False)  # noqa: B010 - typed as None; keeps sections in order
    # Three characters that end a line would be written bare, and read back as spaces.
    yaml.allow_unicode = not re.search("[\x85\u2028\u2029]", json.dumps(data, ensure_ascii=False))
    text = io.StringIO()
    yaml.dump(data, text)
    return text.getvalue()


def _read(path: Path, extended_by: tuple[Path, ...]) -> Node:
    source = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        message = f"this is not UTF-8 text (byte {error.start}: {error.reason})"
        raise RecipeError([Fault(Position(source), "", message)]) from None
    except OSError as error:
        raise RecipeError([Fault(Position(source), "", f"cannot be read: {error.strerror}")]) from None
    node = read_yaml(text, source)
    parent = node.value.pop("extends", None) if isinstance(node.value, dict) else None
    if parent is None:
        return node
    if not isinstance(parent.value, str):
        raise RecipeError([Fault(parent.position, "extends", "expected the path or name of one recipe")])
    beside = path.parent / parent.value
    try:
        base = beside if _holds(beside.is_file) else find_recipe(parent.value)
    except RecipeError as error:
        raise RecipeError([Fault(parent.position, "extends", fault.message) for fault in error.faults]) from None
    chain = (*extended_by, path.resolve())
    if base.resolve() in chain:
        circle = " → ".join(step.name for step in (*chain, base))
        raise RecipeError([Fault(parent.position, "extends", f"recipes extend each other in a circle: {circle}")])
    base_node = _read(base, chain)
    if isinstance(base_node.value, dict):
        base_node.value.pop("name", None)
        base_node.value.pop(MADE_WITH, None)
    return merge(base_node, node)
