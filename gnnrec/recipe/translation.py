"""Says pydantic's errors in a recipe's terms: in place, what was expected and got, and the nearest right thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from gnnrec.contract.kinds import CONTRACTS, NODE_TYPES
from gnnrec.errors import suggestion
from gnnrec.recipe.faults import Fault
from gnnrec.recipe.made_with import MADE_WITH, missing
from gnnrec.recipe.nodes import Node, Path, dotted
from gnnrec.recipe.schema import Evaluation, Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from gnnrec.plugin.registry import Registry


class Translator:
    """Turns pydantic's errors into faults.

    Args:
        node: The recipe, or a section of it below its key.
        registry: What the recipe was checked against.
        made: What it was made with.
    """

    def __init__(self, node: Node, registry: Registry, made: Mapping[str, str]) -> None:
        self._node, self._data, self._registry, self._made = node, node.plain(), registry, made

    def faults(self, error: ValidationError, base: Path = ()) -> list[Fault]:
        """One fault per error.

        Args:
            error: Of the recipe, or of what stands in it at `base`.
            base: The path that pydantic did not see.
        """
        return [self._fault(details, (*base, *details["loc"])) for details in _errors(error)]

    def _fault(self, error: ErrorDetails, location: Path) -> Fault:
        path = _without_tags(self._data, location)
        kind = error["type"]
        if kind == "extra_forbidden":
            message = f"unknown key{self._instead(path) or suggestion(str(path[-1]), self._known_keys(path[:-1]))}"
            return Fault(self._node.position_of(path, key=True), dotted(path), message)
        if kind == "missing":
            return Fault(self._node.position_of(path), dotted(path), "this is missing")
        if kind in {"union_tag_invalid", "union_tag_not_found"}:
            return self._component_fault(path) if _is_component(path) else self._part_fault(path, error)
        return Fault(self._node.position_of(path), dotted(path), _wording(error))

    def _part_fault(self, path: Path, error: ErrorDetails) -> Fault:
        """A part of a component that is to name itself and does not, or wrongly."""
        known = [tag.strip("' ") for tag in str(error["ctx"].get("expected_tags", "")).split(",") if tag]
        name = self._node.find((*path, "name"))
        if name is None:
            return self._without_name(path, "this says which one to take and is missing")
        message = f"no {path[-1]} is called {shown(name.value)}{suggestion(str(name.value), known)}"
        return Fault(name.position, dotted((*path, "name")), message)

    def _component_fault(self, path: Path) -> Fault:
        kind = _kind_at(path)
        known = self._registry.components(kind)
        name = self._node.find((*path, "name"))
        if name is None:
            hint = f"; known: {', '.join(sorted(known))}"
            return self._without_name(path, f"this says which {kind} to take and is missing{hint}")
        given = str(name.value)
        hint = self._registry.left_out(given) or missing(self._made, self._registry) or suggestion(given, known)
        return Fault(name.position, dotted((*path, "name")), f"no {kind} is called {shown(name.value)}{hint}")

    def _without_name(self, path: Path, message: str) -> Fault:
        return Fault(self._node.position_of(path, key=True), dotted((*path, "name")), message)

    def _instead(self, path: Path) -> str:
        """What to do instead of a key in a component: as that says, or with what is called like the key."""
        key, (component, inner, _) = str(path[-1]), self._component_at(path[:-1]) if len(path) > 1 else (None, (), None)
        if inner or component is None:
            return ""
        told = getattr(component, "instead", {}).get(key)
        kind = next((kind for kind in CONTRACTS if key in self._registry.components(kind)), None)
        if told is None and kind is not None:
            told = f"'{key}' is to be named in {'evaluation.metrics' if kind == 'metric' else kind}: {{name: {key}}}"
        return f"; {told}" if told else ""

    def _known_keys(self, path: Path) -> list[str]:
        """The keys that the mapping at `path` may have."""
        if not path:
            return [*Recipe.model_fields, "extends", MADE_WITH]
        if path == ("evaluation",):
            return list(Evaluation.model_fields)
        if path == ("features",):
            return list(NODE_TYPES)
        return _keys_of(*self._component_at(path))

    def _component_at(self, path: Path) -> tuple[type[BaseModel] | None, Path, Any]:
        """The class of the component that `path` leads into, the rest of the path, and the component's data."""
        depth = _depth(path)
        data: Any = self._data
        for step in path[:depth]:
            data = data[step]
        kind = _kind_at(path)
        known = self._registry.components(kind) if kind in CONTRACTS else {}
        return known.get(str(data.get("name"))) if isinstance(data, dict) else None, path[depth:], data


def shown(value: Any) -> str:
    """A value as a message repeats it."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _errors(error: ValidationError) -> list[ErrorDetails]:
    """All errors, but no "too short" about a list with a wrong item: pydantic counts only the right ones."""
    errors = error.errors()
    return [
        each
        for each in errors
        if each["type"] != "too_short"
        or all(other is each or other["loc"][: len(each["loc"])] != each["loc"] for other in errors)
    ]


def _depth(path: Path) -> int:
    """How many steps of `path` lead to a component: `encoder`, `filters.0`, `features.item.0`."""
    return {"features": 3, "evaluation": 3, "filters": 2}.get(str(path[0]), 1)


def _is_component(path: Path) -> bool:
    """Whether what stands at `path` is a component, not a part of one (such as a trainer's scheduler)."""
    return len(path) == _depth(path)


def _kind_at(path: Path) -> str:
    """The kind of the component at `path`."""
    return "metric" if path[:2] == ("evaluation", "metrics") else str(path[0])


def _keys_of(model: type[BaseModel] | None, path: Path, data: Any) -> list[str]:
    """The keys of the model at `path` in another one; of those that may stand there, the one that `data` names."""
    if model is None:
        return []
    if not path:
        return list(model.model_fields)
    info = model.model_fields.get(str(path[0]))
    inner = data.get(path[0]) if isinstance(data, dict) else None
    rest = path[1:]
    while rest and isinstance(rest[0], int):  # an item of a list
        inner = inner[rest[0]] if isinstance(inner, list) else None
        rest = rest[1:]
    parts = list(_models(info.annotation)) if info is not None else []
    said = inner.get("name") if isinstance(inner, dict) else None
    named = [part for part in parts if "name" in part.model_fields and part.model_fields["name"].default == said]
    return [key for part in (named or parts[:1]) for key in _keys_of(part, rest, inner)]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation names: those of a union, however it is wrapped."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _wording(error: ErrorDetails) -> str:
    given, context = error["input"], error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context.get("error", error["msg"]))
    expected = error["msg"].replace("an object", "a mapping")
    for prefix in ("Input should be a valid ", "Input should be "):
        if expected.startswith(prefix):
            expected = expected.removeprefix(prefix)
            break
    else:  # "String should match pattern …", "Tuple should have at least …"
        return f"{expected[0].lower()}{expected[1:]}; got {shown(given)}"
    hint = ""
    if error["type"] == "literal_error" and isinstance(given, str):
        near = suggestion(given, [part.strip("'") for part in context["expected"].replace(" or ", ", ").split(", ")])
        hint = near if "did you mean" in near else ""  # the others are listed already
    if error["type"] == "string_type" and isinstance(given, int | float):
        hint = f"; as text it is written '{shown(given)}' with its quotes"
    return f"expected {expected}, got {shown(given)}{hint}"


def _without_tags(data: Any, location: Path) -> Path:
    """Strip the component names that pydantic puts into a location after each component's section."""
    path: list[str | int] = []
    tag_may_follow = False
    for step in location:
        if tag_may_follow and isinstance(data, dict) and step == data.get("name"):
            tag_may_follow = False
            continue
        path.append(step)
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            data = None
        tag_may_follow = isinstance(data, dict)
    return tuple(path)
