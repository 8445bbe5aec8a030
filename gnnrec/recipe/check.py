"""Checks plain recipe data against the installed components and says everything that is wrong, in place."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

from gnnrec.contracts import CONTRACTS, NODE_TYPES
from gnnrec.errors import suggestion
from gnnrec.recipe.faults import Fault, RecipeError
from gnnrec.recipe.made_with import MADE_WITH, missing
from gnnrec.recipe.nodes import Node, Path, dotted
from gnnrec.recipe.schema import MODEL_SECTIONS, SECTIONS, Evaluation, Recipe, recipe_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_core import ErrorDetails

    from gnnrec.component import Component
    from gnnrec.registry import Registry

LINK_METRICS = ("loss", "auc", "ap")
"""What `trainer.monitor` may name besides ranking metrics."""


def check(node: Node, registry: Registry, made: Mapping[str, str] | None = None) -> Recipe:
    """Turn nodes into a recipe.

    Args:
        node: The recipe's.
        registry: The components to check against.
        made: What it was made with, for the message about a component that is not there.

    Raises:
        RecipeError: With every fault found.
    """
    if not isinstance(node.value, dict):
        raise RecipeError([Fault(node.position, "", f"a recipe is a mapping of sections; got {_shown(node.plain())}")])
    node = _with_metrics(node, registry)
    data = node.plain()
    faults = [Fault(node.position_of(path), dotted(path), message) for path, message in _unusable(data, ())]
    faults += _missing_sections(node, data, registry)
    recipe = None
    written = node.find(("trainer", "monitor"))
    monitor = written.value if written is not None else None
    try:
        recipe = recipe_model(registry).model_validate_json(_as_json(data), strict=True)
    except ValidationError as error:
        present = {fault.path for fault in faults}
        found = (_located(node, data, details, registry, made=made or {}) for details in _errors(error))
        faults += [fault for fault in found if fault.path not in present]
    else:
        monitor = recipe.trainer.monitor if recipe.trainer is not None else None
        faults += _unequal_hops(node, recipe)
    faults += _unknown_monitor(node, data, monitor)
    if recipe is None or faults:
        raise RecipeError(faults)
    return recipe


def check_component_data(kind: str, node: Node, registry: Registry) -> Component:
    """Turn the nodes of one component, which names itself, into that component.

    Raises:
        RecipeError: With every fault found.
    """
    section = Node({kind: node}, node.position, {kind: node.position})
    data = section.plain()
    component = registry.component(kind, data[kind]["name"])
    try:
        return component.model_validate_json(_as_json(data[kind]), strict=True)
    except ValidationError as error:
        raise RecipeError([_located(section, data, details, registry, (kind,)) for details in _errors(error)]) from None


def _as_json(data: Any) -> bytes:
    """JSON for pydantic; a lone surrogate, which no UTF-8 can hold, is replaced."""
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")


def _unusable(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Values that YAML can say and a recipe cannot."""
    if isinstance(value, float) and not math.isfinite(value):
        yield path, f"expected a finite number, got {value}"
    elif isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        yield path, f"expected text, got half a character (a lone surrogate) in {value!a}"
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _unusable(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _unusable(child, (*path, index))


def _with_metrics(node: Node, registry: Registry) -> Node:
    """Metrics by their bare names made components; and all of them where the recipe names none."""
    evaluation = node.value.get("evaluation") or Node({}, node.position)
    if not isinstance(evaluation.value, dict):
        return node
    metrics = evaluation.value.get("metrics")
    if metrics is None:
        place = evaluation.position
        items = [Node(name, place) for name in sorted(registry.components("metric"))]
    elif isinstance(metrics.value, list):
        place, items = metrics.position, metrics.value
    else:
        return node
    named = [
        Node({"name": item}, item.position, {"name": item.position}) if isinstance(item.value, str) else item
        for item in items
    ]
    keys = {"metrics": place, **evaluation.keys}
    wider = Node({**evaluation.value, "metrics": Node(named, place)}, evaluation.position, keys)
    return Node({**node.value, "evaluation": wider}, node.position, {"evaluation": node.position, **node.keys})


def _missing_sections(node: Node, data: dict[str, Any], registry: Registry) -> Iterator[Fault]:
    scorer = data.get("scorer") is not None
    wanted: tuple[str, ...] = SECTIONS if scorer else (*SECTIONS, *MODEL_SECTIONS)
    name = node.find(("loss", "name"))
    loss = registry.components("loss").get(name.value) if name is not None and isinstance(name.value, str) else None
    if not scorer and getattr(loss, "listwise", False):
        wanted = tuple(section for section in wanted if section != "negatives")
        if data.get("negatives") is not None:
            place = node.position_of(("negatives",), key=True)
            message = f"loss {_shown(data['loss']['name'])} looks at all items and takes no negatives; leave it out"
            yield Fault(place, "negatives", message)
    for section in wanted:
        if data.get(section) is None:
            place = node.position_of((section,), key=True)
            yield Fault(place, section, "this section is missing; give it a component: {name: …}")
    if scorer:
        for section in MODEL_SECTIONS:
            if data.get(section) is not None:
                place = node.position_of((section,), key=True)
                yield Fault(place, section, "a recipe with a scorer has no such section; leave it out")


def _unequal_hops(node: Node, recipe: Recipe) -> Iterator[Fault]:
    """A trainer that samples another number of hops than the encoder looks at."""
    if recipe.encoder is None or recipe.trainer is None:
        return
    hops, sampled = recipe.encoder.hops, recipe.trainer.sampled_hops
    if hops is not None and sampled is not None and hops != sampled:
        path: Path = ("trainer", "fan_out")
        message = f"expected one number for each of the encoder's {hops} layers, got {sampled}"
        yield Fault(node.position_of(path), dotted(path), message)


def _unknown_monitor(node: Node, data: dict[str, Any], monitor: Any) -> Iterator[Fault]:
    evaluation = data["evaluation"] if isinstance(data["evaluation"], dict) else {}
    lengths = evaluation.get("k", Evaluation().k)
    metrics = evaluation.get("metrics", [])
    known = {
        f"{metric['name']}@{k}"
        for metric in (metrics if isinstance(metrics, list) else [])
        if isinstance(metric, dict) and "name" in metric
        for k in (lengths if isinstance(lengths, (list, tuple)) else [])
    } | {*LINK_METRICS}
    if isinstance(monitor, str) and monitor not in known:
        path: Path = ("trainer", "monitor")
        hint = suggestion(monitor, known)
        yield Fault(node.position_of(path), dotted(path), f"no validation metric is called '{monitor}'{hint}")


def _errors(error: ValidationError) -> list[ErrorDetails]:
    """All errors, but no "too short" about a list with a wrong item: pydantic counts only the right ones."""
    errors = error.errors()
    return [
        each
        for each in errors
        if each["type"] != "too_short"
        or all(other is each or other["loc"][: len(each["loc"])] != each["loc"] for other in errors)
    ]


def _located(
    node: Node,
    data: dict[str, Any],
    error: ErrorDetails,
    registry: Registry,
    base: Path = (),
    made: Mapping[str, str] | None = None,
) -> Fault:
    path = _without_tags(data, (*base, *error["loc"]))
    kind = error["type"]
    if kind == "extra_forbidden":
        place = node.position_of(path, key=True)
        message = f"unknown key{suggestion(str(path[-1]), _known_keys(path[:-1], data, registry))}"
        return Fault(place, dotted(path), message)
    if kind == "missing":
        return Fault(node.position_of(path), dotted(path), "this is missing")
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        if not _is_component(path):
            return _part_fault(node, path, error)
        return _component_fault(node, path, registry, made or {})
    return Fault(node.position_of(path), dotted(path), _wording(error))


def _is_component(path: Path) -> bool:
    """Whether what stands at `path` is a component, not a part of one (such as a trainer's scheduler)."""
    return len(path) == 1 or path[0] in {"features", "evaluation"}


def _part_fault(node: Node, path: Path, error: ErrorDetails) -> Fault:
    """A part of a component that is to name itself and does not, or wrongly."""
    known = [tag.strip("' ") for tag in str(error["ctx"].get("expected_tags", "")).split(",") if tag]
    name = node.find((*path, "name"))
    if name is None:
        place = node.position_of(path, key=True)
        return Fault(place, dotted((*path, "name")), "this says which one to take and is missing")
    message = f"no {path[-1]} is called {_shown(name.value)}{suggestion(str(name.value), known)}"
    return Fault(name.position, dotted((*path, "name")), message)


def _component_fault(node: Node, path: Path, registry: Registry, made: Mapping[str, str]) -> Fault:
    kind = _kind_at(path)
    name = node.find((*path, "name"))
    if name is None:
        hint = f"; known: {', '.join(sorted(registry.components(kind)))}"
        place = node.position_of(path, key=True)
        return Fault(place, dotted((*path, "name")), f"this says which {kind} to take and is missing{hint}")
    given = str(name.value)
    hint = registry.left_out(given) or missing(made, registry) or suggestion(given, registry.components(kind))
    return Fault(name.position, dotted((*path, "name")), f"no {kind} is called {_shown(name.value)}{hint}")


def _wording(error: ErrorDetails) -> str:
    given, context = error["input"], error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context.get("error", error["msg"]))
    expected = error["msg"]
    for prefix in ("Input should be a valid ", "Input should be "):
        if expected.startswith(prefix):
            expected = expected.removeprefix(prefix)
            break
    else:  # "String should match pattern …", "Tuple should have at least …"
        return f"{expected[0].lower()}{expected[1:]}; got {_shown(given)}"
    hint = ""
    if error["type"] == "literal_error" and isinstance(given, str):
        near = suggestion(given, [part.strip("'") for part in context["expected"].replace(" or ", ", ").split(", ")])
        hint = near if "mean" in near else ""
    return f"expected {expected}, got {_shown(given)}{hint}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _without_tags(data: Any, location: tuple[int | str, ...]) -> Path:
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


def _kind_at(path: Path) -> str:
    """The kind of the component at `path`."""
    return "metric" if path[:2] == ("evaluation", "metrics") else str(path[0])


def _known_keys(path: Path, data: dict[str, Any], registry: Registry) -> list[str]:
    """The keys that the mapping at `path` may have."""
    if not path:
        return [*Recipe.model_fields, "extends", MADE_WITH]
    if path == ("evaluation",):
        return list(Evaluation.model_fields)
    if path == ("features",):
        return list(NODE_TYPES)
    component: Any = data
    for step in path:
        component = component[step]
    kind = _kind_at(path)
    name = component.get("name") if isinstance(component, dict) else None
    if _is_component(path) and kind in CONTRACTS and name in registry.components(kind):
        return list(registry.component(kind, name).model_fields)
    owner: Any = data.get(kind)
    if not _is_component(path) and isinstance(owner, dict) and owner.get("name") in registry.components(kind):
        field = registry.component(kind, owner["name"]).model_fields.get(str(path[1]))
        parts = _models(field.annotation) if field is not None else iter(())
        return [key for part in parts if part.model_fields["name"].default == name for key in part.model_fields]
    return []


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation names: those of a union, however it is wrapped."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
