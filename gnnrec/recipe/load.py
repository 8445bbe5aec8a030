"""Finds a recipe by path or by name, combines it with what it extends and what was overridden, and checks it."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from gnnrec.errors import UsageError, suggestion
from gnnrec.plugin.registry import Registry, installed
from gnnrec.recipe import overrides as overriding
from gnnrec.recipe.blends import with_extended_parts
from gnnrec.recipe.check import check, check_component_data
from gnnrec.recipe.deprecation import deprecations
from gnnrec.recipe.faults import Fault, Position, RecipeError
from gnnrec.recipe.given_tables import reading
from gnnrec.recipe.here import from_here, to_here
from gnnrec.recipe.made_with import (
    MADE_WITH,
    changed,
    continued,
    made_with,
    makers,
    missing,
    replaced,
    take_made_with,
)
from gnnrec.recipe.nodes import Node, merge, read_yaml
from gnnrec.recipe.schema import TUNE
from gnnrec.recipe.stand_ins import stand_ins, without_absent_metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from gnnrec.contract.component import Component
    from gnnrec.contract.kinds import Tables
    from gnnrec.recipe.schema import Recipe

logger = logging.getLogger(__name__)

SUFFIXES = (".yaml", ".yml")


def load_recipe(
    recipe: str | Path,
    overrides: Mapping[str, Any] | Iterable[str] = (),
    *,
    registry: Registry | None = None,
    tables: Tables | None = None,
) -> Recipe:
    """Read a recipe and check it against the installed components.

    Args:
        recipe: A path, or the name of a shipped recipe (`movielens_sage`).
        overrides: `{"encoder.channels": 128}`, or assignments as on the command line (`encoder.channels=128`).
        registry: The components to check against; the installed ones if not given.
        tables: Files of Parquet that the recipe's dataset is to read in place of its own, as `Dataset.reading` takes
            them; where it reads no tables, a dataset that does takes its place. Overrides go first.

    Raises:
        RecipeError: It cannot be found or read, or is wrong; with every fault and where it is.

    >>> load_recipe("movielens_sage", {"encoder.channels": 32}).encoder.channels
    32
    """
    registry = registry or installed()
    return _Source(find_recipe(recipe), overrides, tables or {}, registry).checked(registry)


def load_run_recipe(directory: Path, overrides: Mapping[str, Any] | Iterable[str] = ()) -> Recipe:
    """The recipe of a finished run, readable without what only its training and its judging took.

    Where a loss, a trainer, negatives or metrics are not here, one warning says so; the first three are stood in for by
    components that do nothing, metrics are left out.

    Raises:
        RecipeError: It is damaged, or something else is not here.
    """
    registry = installed()
    source = _Source(directory / "recipe.yaml", overrides, {}, registry)
    absent = stand_ins(source.node, registry)
    recipe = without_absent_metrics(source.checked(registry, absent))
    if absent:
        names = [component.component_name() for component in absent]
        each = ", ".join(f"{component.kind} '{name}'" for component, name in zip(absent, names, strict=True))
        why = registry.left_out(names[0]) or missing(source.made, registry)
        _warn_once(f"{directory} is used without {each}: not here{why}")
    return recipe


class _Source:
    """A recipe's nodes, with what they extend, the tables that they are to read and what was overridden, unchecked.

    Attributes:
        path: Where it was found.
        node: The nodes.
        made: What it was made with.
    """

    def __init__(
        self,
        path: Path,
        overrides: Mapping[str, Any] | Iterable[str],
        tables: Tables,
        registry: Registry,
    ) -> None:
        self.path = path
        node = _read(path, ())
        self.made = take_made_with(node)
        if isinstance(overrides, Mapping):
            assignments = overriding.from_mapping(overrides)
        else:
            assignments = [overriding.parse_assignment(text) for text in overrides]
        self._as_it_stands = not assignments
        overrides_node = overriding.tree(assignments, node.position)
        for key in ("extends", MADE_WITH):
            if key in overrides_node.value:
                message = "this is said in a recipe's file and cannot be overridden"
                raise RecipeError([Fault(overrides_node.keys[key], key, message)])
        if tables:
            own = merge(node, overrides_node).find(("dataset", "name"))
            fields = reading(tables, None if own is None else own.value, registry)
            node = merge(node, overriding.tree(overriding.from_mapping({"dataset": fields}), node.position))
        node = merge(node, overrides_node)
        node = with_extended_parts(node, partial(_read_named, path.parent, (path.resolve(),)))
        if isinstance(node.value, dict) and "name" not in node.value:
            node = merge(node, overriding.tree(overriding.from_mapping({"name": name_of(path)}), node.position))
        self.node = node

    def checked(self, registry: Registry, stand_ins: Collection[type[Component]] = ()) -> Recipe:
        """The recipe; what is deprecated about it, and what it was made with in another version, is warned of."""
        try:
            recipe = check(self.node, registry.with_components(stand_ins) if stand_ins else registry, self.made)
        except RecipeError:
            self._warn(changed(self.made, makers(registry)))
            raise
        for deprecation in deprecations(self.node, recipe):
            _warn_once(str(deprecation))
        now = made_with(recipe, registry)
        self._warn(changed(self.made, now))
        if self._as_it_stands and not stand_ins:
            self._warn(replaced(self.made, now))
        return recipe

    def _warn(self, messages: Iterable[str]) -> None:
        for message in messages:
            _warn_once(f"{self.path}: {message}")


@cache
def _warn_once(message: str) -> None:
    """What is said of a recipe is said once, however often it is read."""
    logger.warning("%s", message)


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
    ranges = {key: list(each) if isinstance(each, tuple) else each for key, each in recipe.tune.items()}
    return to_yaml({**recipe.to_dict(), **({TUNE: ranges} if ranges else {})})


def dump_run(recipe: Recipe, begun_with: Mapping[str, str], folder: Path) -> str:
    """The same with `made_with`, for whoever runs it again.

    Args:
        recipe: The run's.
        begun_with: What an interrupted run that goes on was made with so far; empty for a new one.
        folder: The run's; what is named in it moves with it.
    """
    made = continued(begun_with, made_with(recipe, installed()))
    return to_yaml({**to_here(recipe.to_dict(), folder), MADE_WITH: made})


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
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"this is not UTF-8 text (byte {error.start}: {error.reason}); save it as UTF-8"
        raise RecipeError([Fault(Position(source), "", message)]) from None
    except OSError as error:
        raise RecipeError([Fault(Position(source), "", f"cannot be read: {error.strerror}")]) from None
    node = from_here(read_yaml(text, source), path.parent)
    parent = node.value.pop("extends", None) if isinstance(node.value, dict) else None
    if parent is None:
        return node
    base_node = _read_named(path.parent, (*extended_by, path.resolve()), parent, "extends")
    if isinstance(base_node.value, dict):
        base_node.value.pop("name", None)
        base_node.value.pop(MADE_WITH, None)
    return merge(base_node, node)


def _read_named(folder: Path, chain: tuple[Path, ...], named: Node, path: str) -> Node:
    """The nodes of a recipe that another one names.

    Args:
        folder: Where it is looked for first.
        chain: The recipes that lead to it.
        named: What names it.
        path: Where that stands.

    Raises:
        RecipeError: There is none, it cannot be read, or it is one of those that lead to it.
    """
    if not isinstance(named.value, str):
        raise RecipeError([Fault(named.position, path, "expected the path or name of one recipe")])
    beside = folder / named.value
    try:
        base = beside if _holds(beside.is_file) else find_recipe(named.value)
    except RecipeError as error:
        raise RecipeError([Fault(named.position, path, fault.message) for fault in error.faults]) from None
    if base.resolve() in chain:
        circle = " → ".join(step.name for step in (*chain, base))
        raise RecipeError([Fault(named.position, path, f"recipes extend each other in a circle: {circle}")])
    return _read(base, chain)
