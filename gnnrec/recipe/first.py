"""A first recipe for data that nobody has trained on yet: a shipped one, over these data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnnrec.data.filtering import apply_filters
from gnnrec.data.size import Size
from gnnrec.errors import GnnrecError
from gnnrec.recipe.load import load_recipe
from gnnrec.recipe.starter import to_inline_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gnnrec.contract.component import Component
    from gnnrec.contract.kinds import Dataset, Filter, Splitter
    from gnnrec.data.interactions import Interactions
    from gnnrec.plugin.registry import Registry
    from gnnrec.recipe.schema import Recipe

BASELINES = ("baselines/ease", "baselines/item_knn")
"""Shipped recipes of a baseline, the better one first; the last takes the least."""

ALL_ITEMS, IN_BATCH, RELATIONAL = "movielens_lightgcn", "gowalla_lightgcn", "movielens_sage_relations"
"""Shipped recipes of a graph model: against all items, against a batch's own, and with relations in the graph."""

MANY_PAIRS = 200_000_000
"""Users times items above which a model is not scored against all items in each epoch."""

LINES = 15
"""A recipe of more lines has its longest sections on one line each."""


@dataclass(frozen=True)
class FirstRecipe:
    """What to begin with.

    Attributes:
        text: YAML, to be put into a file.
        baseline: The shipped recipe that it extends.
        model: The one that it extends next, for a graph model over the same data.
        sections: What it says of the data, as plain data: `dataset`, `filters`, `features`, `split`.
    """

    text: str
    baseline: str
    model: str
    sections: dict[str, Any]


def first_recipe(
    dataset: Dataset,
    interactions: Interactions,
    split: Splitter,
    registry: Registry,
    fits: Callable[[Recipe, Size], bool],
) -> FirstRecipe:
    """A recipe that runs over the data as they are.

    Args:
        dataset: With the fields that the user has set.
        interactions: What it loads.
        split: To begin with, as its fields are.
        registry: Its filters and feature encoders are asked what they are for.
        fits: Whether a recipe takes little memory over data of a size.

    Raises:
        GnnrecError: There is none: the interactions that count, as far as one can tell, cannot be divided.
    """
    size = Size.of(interactions.edges)
    baseline = next((name for name in BASELINES if fits(load_recipe(name), size)), BASELINES[-1])
    model = lightgcn_for(size)
    if model == ALL_ITEMS and interactions.relations:
        model = RELATIONAL
    filters = _filters(interactions, split, registry)
    blocks = {
        "dataset": _said(dataset),
        "filters": [_said(each) for each in filters],
        "features": _features(interactions, registry),
        "split": _said(split),
    }
    lines = [
        "# first.yaml: gnnrec run first.yaml",
        f"# Next, a graph model over the same data: extends: {model}",
        f"extends: {baseline}",
    ]
    left = {key: value for key, value in blocks.items() if value}
    for key in list(left):
        value = left.pop(key)
        spread = _spread(value, f"{key}:")
        fits_in = len(lines) + len(spread) + len(left) <= LINES
        lines += spread if fits_in else [f"{key}: {to_inline_yaml(value)}"]
    return FirstRecipe("\n".join(lines) + "\n", baseline, model, {key: value for key, value in blocks.items() if value})


def lightgcn_for(size: Size) -> str:
    """The shipped recipe of LightGCN that is trained in a bearable time."""
    return ALL_ITEMS if size.users * size.items <= MANY_PAIRS else IN_BATCH


def _filters(interactions: Interactions, splitter: Splitter, registry: Registry) -> Sequence[Filter]:
    """Those that make sense, if what they leave can be divided."""
    components: Any = registry.components("filters").values()
    found = [each for component in components if (each := component.proposed_for(interactions)) is not None]
    try:
        splitter.split(apply_filters(interactions, found))
    except GnnrecError:
        apply_filters(interactions, ())
        return ()
    return found


def _features(interactions: Interactions, registry: Registry) -> dict[str, list[dict[str, Any]]]:
    """What is known of users and items as features; of items something is said in any case, since recipes do."""
    components: Any = registry.components("features").values()
    features = {}
    for node_type in ("user", "item"):
        table = interactions.tables[node_type]
        columns = [table[name] for name in table.columns if name != node_type]
        found = [each for column in columns for one in components if (each := one.proposed_for(column)) is not None]
        if found or node_type == "item":
            features[node_type] = [_said(each) for each in found]
    return features


def _said(component: Component) -> dict[str, Any]:
    return {"name": component.name, **component.model_dump(mode="json", exclude_unset=True)}


def _spread(value: Any, key: str) -> list[str]:
    """A section on as many lines as it has parts; one of nothing but a name stands on one."""
    if isinstance(value, dict) and set(value) != {"name"}:
        below = [line for name, part in value.items() for line in _spread_part(part, f"{name}:")]
        return [key, *(f"  {line}" for line in below)]
    return _spread_part(value, key)


def _spread_part(value: Any, key: str) -> list[str]:
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        return [key, *(f"  - {to_inline_yaml(each)}" for each in value)]
    return [f"{key} {to_inline_yaml(value)}"]
