"""The parts of the data that a recipe's components look at: by these, runs are compared with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnnrec.recipe.schema import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gnnrec.contract.component import Component
    from gnnrec.recipe.schema import Recipe

FAMILIES = {"tables": "table ", "relations": "relation ", "behaviours": "behaviour "}
"""What a component says, and how the digests of such parts begin."""

CALLED = {"weight": "weight (ratings)", "parts": "parts (the data come divided, and the split makes parts of its own)"}
"""What people call a part, where it is another word."""


def used_parts(recipe: Recipe, fingerprint: Mapping[str, str]) -> dict[str, str]:
    """The digests of the parts that matter to a recipe's result.

    Args:
        recipe: Its filters, features, split, and what it fits are asked.
        fingerprint: A digest of each part of the data, see `Interactions.fingerprint`.
    """
    wanted = {"edges"}
    for part in parts_of(recipe):
        wanted |= {f"table {node_type}" for node_type, some in part.features if some}
        for component in _asked(part):
            wanted |= set(fingerprint) if component.looks_at is None else set(component.looks_at)
    begins = tuple(FAMILIES[each] for each in wanted & FAMILIES.keys())
    return {part: digest for part, digest in fingerprint.items() if part in wanted or part.startswith(begins)}


def unused_parts(fingerprint: Mapping[str, str], used: Mapping[str, str]) -> list[str]:
    """What was loaded and changes nothing, by name; tables are for people too, who read titles.

    >>> unused_parts({"edges": "e", "time": "t", "weight": "w", "table item": "i"}, {"edges": "e", "time": "t"})
    ['weight (ratings)']
    """
    return [
        CALLED.get(part, part) for part in fingerprint if part not in used and not part.startswith(FAMILIES["tables"])
    ]


def _asked(recipe: Recipe) -> Iterator[Component]:
    yield from (*recipe.filters, recipe.split)
    for _, some in recipe.features:
        yield from some
    for component in (recipe.graph, recipe.negatives, recipe.scorer):
        if component is not None:
            yield component
