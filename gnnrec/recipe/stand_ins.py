"""Stand-ins for what a finished run was trained and judged with and is not here: recommending needs none of it."""

from __future__ import annotations

from types import new_class
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast

from pydantic import ConfigDict

from gnnrec.contract.kinds import CONTRACTS
from gnnrec.errors import UsageError
from gnnrec.recipe.blends import PLACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gnnrec.contract.component import Component
    from gnnrec.plugin.registry import Registry
    from gnnrec.recipe.nodes import Node, Path
    from gnnrec.recipe.schema import Recipe

TRAINED_WITH = ("negatives", "loss", "trainer")
"""Sections that only training looks at."""

MARK = "is_stand_in"


def stand_ins(node: Node, registry: Registry) -> list[type[Component]]:
    """A component for each that a recipe names and nobody contributes.

    It takes whatever fields the recipe says, and its method says that it is not here.
    """
    absent = {each: within for within in (node, *_parts(node)) for each in _named(within)}
    return [
        _stand_in(kind, name, {"listwise": True} if kind == "loss" and within.find(("negatives",)) is None else {})
        for (kind, name), within in absent.items()
        if name not in registry.components(kind)
    ]


def without_absent_metrics(recipe: Recipe) -> Recipe:
    """The recipe with the metrics that are here."""
    metrics = tuple(metric for metric in recipe.evaluation.metrics if not is_stand_in(metric))
    return recipe.model_copy(update={"evaluation": recipe.evaluation.model_copy(update={"metrics": metrics})})


def is_stand_in(component: Component | None) -> bool:
    """Whether it only takes the place of one that is not here."""
    return hasattr(component, MARK)


def _named(node: Node) -> Iterator[tuple[str, str]]:
    """Kind and name of what is not needed to recommend."""
    metrics = node.find(("evaluation", "metrics"))
    count = len(metrics.value) if metrics is not None and isinstance(metrics.value, list) else 0
    places: list[tuple[str, Path]] = [(kind, (kind,)) for kind in TRAINED_WITH]
    places += [("metric", ("evaluation", "metrics", index)) for index in range(count)]
    filters = node.find(("filters",))
    applied = len(filters.value) if filters is not None and isinstance(filters.value, list) else 0
    places += [("filters", ("filters", index)) for index in range(applied)]
    for kind, path in places:
        name = node.find((*path, "name"))
        if name is not None and isinstance(name.value, str):
            yield kind, name.value


def _parts(node: Node) -> Iterator[Node]:
    """Of a recipe that is made of parts, what stands in each."""
    parts = node.find(PLACE)
    yield from parts.value if parts is not None and isinstance(parts.value, list) else ()


def _stand_in(kind: str, name: str, more: dict[str, Any]) -> type[Component]:
    contract = CONTRACTS[kind]

    def absent(*_: Any, **__: Any) -> NoReturn:
        raise UsageError(f"this takes {kind} '{name}', which is not here; install or load its plugin")

    members: dict[str, Any] = {
        "__module__": __name__,
        "__annotations__": {"name": Literal[name]},
        "name": name,
        "model_config": ConfigDict(extra="allow"),
        MARK: property(lambda _: True),
        **more,
        **dict.fromkeys(contract.__abstractmethods__, absent),
    }
    return cast(
        "type[Component]", new_class(f"Absent{contract.__name__}", (contract,), {}, lambda own: own.update(members))
    )
