"""Checks plain recipe data against the installed components and says everything that is wrong, in place."""

from __future__ import annotations

import json
import math
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from gnnrec.contract.kinds import NODE_TYPES, Loss
from gnnrec.errors import suggestion
from gnnrec.recipe.blends import faults_of_part, take_parts, with_parts
from gnnrec.recipe.faults import Fault, RecipeError
from gnnrec.recipe.nodes import Node, Path, dotted
from gnnrec.recipe.ranges import read_range
from gnnrec.recipe.schema import (
    COMPONENT_SECTIONS,
    LINK_METRICS,
    MODEL_SECTIONS,
    SECTIONS,
    TUNE,
    Evaluation,
    Named,
    recipe_model,
)
from gnnrec.recipe.translation import Translator, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from gnnrec.contract.component import Component
    from gnnrec.plugin.registry import Registry
    from gnnrec.recipe.schema import Recipe


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
        raise RecipeError([Fault(node.position, "", f"a recipe is a mapping of sections; got {shown(node.plain())}")])
    node, parts = take_parts(_with_metrics(node, registry), registry)
    data = node.plain()
    faults = [Fault(node.position_of(path), dotted(path), message) for path, message in _unusable(data, ())]
    faults += _missing_sections(node, data, registry)
    checked = []
    for index, part in enumerate(parts):
        try:
            checked.append(check(part, registry, made))
        except RecipeError as error:
            faults += faults_of_part(index, error)
    recipe = None
    written = node.find(("trainer", "monitor"))
    monitor = written.value if written is not None else None
    try:
        recipe = recipe_model(registry, _named(data, registry)).model_validate_json(_as_json(data), strict=True)
    except ValidationError as error:
        present = {fault.path for fault in faults}
        found = Translator(node, registry, made or {}).faults(error)
        faults += [fault for fault in found if fault.path not in present]
    else:
        monitor = recipe.trainer.monitor if recipe.trainer is not None else None
        faults += _unequal_hops(node, recipe)
        faults += _no_replay(node, recipe)
        faults += _misspelt_node_types(node, recipe)
        faults += _wrong_ranges(node, recipe)
    faults += _unknown_monitor(node, data, monitor)
    if recipe is None or faults:
        raise RecipeError(faults)
    return with_parts(recipe, checked)


def _named(data: dict[str, Any], registry: Registry) -> Named | None:
    """The components that a recipe names; None where one of them is not there, or has no name that could be one."""
    features, evaluation = data.get("features") or {}, data["evaluation"]
    lists = [("features", each) for each in (features.values() if isinstance(features, dict) else [features])]
    lists.append(("metric", evaluation["metrics"] if isinstance(evaluation, dict) else evaluation))
    lists.append(("filters", data.get("filters") or []))
    found = [(section, data[section]) for section in COMPONENT_SECTIONS if data.get(section) is not None]
    for kind, parts in lists:
        found += [(kind, part) for part in parts] if isinstance(parts, list) else [(kind, parts)]
    names = [(kind, part.get("name") if isinstance(part, dict) else None) for kind, part in found]
    known = [(kind, name) for kind, name in names if isinstance(name, str) and name in registry.components(kind)]
    return frozenset(known) if len(known) == len(names) else None


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
        raise RecipeError(Translator(section, registry, {}).faults(error, (kind,))) from None


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
    if not scorer and loss is not None and issubclass(loss, Loss) and not loss.takes_negatives():
        wanted = tuple(section for section in wanted if section != "negatives")
        if data.get("negatives") is not None:
            place = node.position_of(("negatives",), key=True)
            at = "all items" if loss.listwise else "the batch's own items"
            message = f"loss {shown(data['loss']['name'])} looks at {at} and takes no negatives; leave it out"
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


def _no_replay(node: Node, recipe: Recipe) -> Iterator[Fault]:
    """A refit by a trainer that cannot go through epochs again."""
    if recipe.refit and recipe.trainer is not None and not recipe.trainer.replays:
        path: Path = ("refit",)
        message = f"trainer '{recipe.trainer.name}' cannot go through its epochs again; leave refit out"
        yield Fault(node.position_of(path), dotted(path), message)


def _misspelt_node_types(node: Node, recipe: Recipe) -> Iterator[Fault]:
    """Features of what is almost called user or item; other node types are for the data to know."""
    for node_type in recipe.features.model_extra or {}:
        path: Path = ("features", node_type)
        if near := get_close_matches(node_type, NODE_TYPES, n=1):
            message = f"no node type is called so; did you mean '{near[0]}'?"
            yield Fault(node.position_of(path, key=True), dotted(path), message)


def _wrong_ranges(node: Node, recipe: Recipe) -> Iterator[Fault]:
    """What `tune` says that is no range; whether a recipe has the key is asked when it is tuned."""
    for key, written in recipe.tune.items():
        path: Path = (TUNE, key)
        try:
            read_range(written)
        except ValueError as error:
            yield Fault(node.position_of(path), dotted(path), str(error))


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
        yield Fault(node.position_of(path), dotted(path), no_such_metric(monitor, known))


def no_such_metric(metric: str, known: Collection[str]) -> str:
    """What to say of a name that is none of the metrics that validation measures.

    >>> no_such_metric("ndcg@5", ["ndcg@10"])
    "no validation metric is called 'ndcg@5'; add 5 to evaluation.k"
    """
    of, _, k = metric.rpartition("@")
    is_length = k.isdecimal() and any(name.startswith(f"{of}@") for name in known)
    hint = f"; add {k} to evaluation.k" if is_length else suggestion(metric, known)
    return f"no validation metric is called '{metric}'{hint}"
