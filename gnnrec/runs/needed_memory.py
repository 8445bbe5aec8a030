"""What memory a recipe takes over data of some size, and whether there is as much."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnnrec.contract.kinds import Loss
from gnnrec.data.size import RANKED_CELLS
from gnnrec.errors import LESS_MEMORY, TrainingError
from gnnrec.recipe.load import load_recipe, shipped_recipes
from gnnrec.recipe.schema import MODEL_SECTIONS, parts_of
from gnnrec.runs.free_memory import free_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gnnrec.contract.component import Component
    from gnnrec.data.size import Size
    from gnnrec.recipe.schema import Recipe

logger = logging.getLogger("gnnrec")

NEAR = 0.5
"""The share of what is free from which on a need is warned of: what a component says may be half of what it takes."""

FLOAT = 4
"""Bytes of a score."""

RANKING_COPIES = 3
"""Scores of a block, what is chosen from them, and what is masked."""


STARTED = 100_000_000
"""Bytes of what libraries load and set up for themselves once there is work."""


@dataclass(frozen=True)
class Need:
    """What a recipe takes.

    Attributes:
        amount: Bytes at the peak, roughly.
        by: Who takes the most of it: kind and name of a component, or the ranking.
        what: What that goes to, in words.
    """

    amount: int
    by: str
    what: str


def needed_memory(recipe: Recipe, size: Size) -> Need:
    """What fitting and ranking take, besides the data themselves.

    Args:
        recipe: What each of its components says is added up.
        size: Of what is learned from.
    """
    told = []
    for component in _at_work(recipe):
        listwise = isinstance(component, Loss) and component.listwise
        amount = component.memory(size.block if listwise else size)
        told.append((amount, f"{component.kind} {component.name}", component.memory_for))
    ranked = min(size.users, max(1, RANKED_CELLS // size.items))
    ranking = FLOAT * RANKING_COPIES * ranked * size.items
    told.append((ranking, "ranking", "scores of all items for a block of users"))
    _, by, what = max(told)
    return Need(STARTED + sum(amount for amount, _, _ in told), by, what)


def needs_of_shipped(size: Size) -> dict[str, Need]:
    """What each shipped recipe would take over data of some size."""
    return {name: needed_memory(load_recipe(name), size) for name in shipped_recipes()}


def require_memory(recipe: Recipe, size: Size) -> None:
    """Refuse, before any work, what does not fit; and warn of what is near.

    A model that may be trained on another device than the CPU is not looked at.

    Raises:
        TrainingError: More is needed than is free.
    """
    free = free_memory()
    if free is None or (_trains(recipe) and _has_accelerator()):
        return
    need = needed_memory(recipe, size)
    told = (
        f"{recipe.name} needs about {in_words(need.amount)} for {size.users:,} users and {size.items:,} items "
        f"({need.by}: {need.what}) and {in_words(free)} are free"
    )
    if need.amount > free:
        raise TrainingError(f"memory would run out: {told}\n{LESS_MEMORY}")
    if need.amount > NEAR * free:
        logger.warning("memory may run out: %s. %s", told, LESS_MEMORY)


def in_words(amount: int) -> str:
    """Bytes as one reads them.

    >>> [in_words(each) for each in (0, 812_000, 64_000_000, 8_100_000_000, 38_400_000_000)]
    ['0 MB', '1 MB', '64 MB', '8.1 GB', '38 GB']
    """
    gigabytes = amount / 1e9
    if gigabytes < 1:
        return f"{1000 * gigabytes:.0f} MB"
    return f"{gigabytes:.1f} GB" if gigabytes < 10 else f"{gigabytes:,.0f} GB"  # noqa: PLR2004 - two digits are enough


def _at_work(recipe: Recipe) -> Iterator[Component]:
    """The components that come after the split."""
    for part in parts_of(recipe):
        for _, some in part.features:
            yield from some
        for section in (*MODEL_SECTIONS, "scorer"):
            component = getattr(part, section)
            if component is not None:
                yield component


def _trains(recipe: Recipe) -> bool:
    return any(part.scorer is None for part in parts_of(recipe))


def _has_accelerator() -> bool:
    import torch

    return torch.cuda.is_available() or torch.backends.mps.is_available()
