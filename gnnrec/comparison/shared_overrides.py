"""Overrides of several recipes at once: each changes the recipes that have its section."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gnnrec.errors import UsageError
from gnnrec.recipe.faults import RecipeError
from gnnrec.recipe.load import load_recipe
from gnnrec.recipe.schema import MODEL_SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gnnrec.recipe.schema import Recipe

    Changes = Mapping[str, Any]
    Overrides = Mapping[str, Any] | Iterable[str]

NONE: Mapping[str, Any] = MappingProxyType({})

logger = logging.getLogger("gnnrec")


class SharedOverrides:
    """Changes of several recipes, as `load_recipe` takes them.

    A change of a section that a recipe does not have (a trainer, where it has a scorer) leaves that recipe as it is.
    """

    def __init__(self, overrides: Overrides) -> None:
        pairs = overrides.items() if isinstance(overrides, Mapping) else ((each, each) for each in overrides)
        self._mapping = isinstance(overrides, Mapping)
        self._all = {str(key): value for key, value in pairs}
        self._used: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._all)

    def load(self, target: str | Path, before: Changes = NONE, after: Changes = NONE) -> Recipe:
        """The recipe, with the changes of sections that it can have; the others are logged.

        Args:
            target: Where it is.
            before: Changes that these come after, and so may take back.
            after: Changes that come after these.

        Raises:
            RecipeError: It is wrong.
        """
        absent = self._absent_from(target)
        chosen = [key for key in self._all if _section(key) not in absent]
        recipe = load_recipe(target, self._chosen(chosen, before, after))
        self._used.update(chosen)
        for key in self._all:
            if key not in chosen:
                logger.info("%s has no %s: -s %s leaves it as it is", target, _section(key), self._shown(key))
        return recipe

    def require_use(self) -> None:
        """Refuse what changed no recipe.

        Raises:
            UsageError: There is such a change.
        """
        for key in self._all:
            if key not in self._used:
                raise UsageError(f"-s {self._shown(key)} changes nothing: no recipe has a section '{_section(key)}'")

    def _absent_from(self, target: str | Path) -> tuple[str, ...]:
        """The sections that a recipe cannot have; none where that cannot be told, for it is wrong."""
        for sections in ({*MODEL_SECTIONS, "scorer"}, {_section(key) for key in self._all}):
            try:
                plain = load_recipe(target, self._chosen(key for key in self._all if _section(key) not in sections))
            except RecipeError:
                continue  # without the other overrides it may be right; or with all of them
            return MODEL_SECTIONS if plain.scorer is not None else ("scorer",)
        return ()

    def _chosen(self, keys: Iterable[str], before: Changes = NONE, after: Changes = NONE) -> Overrides:
        if self._mapping:
            return {**before, **{key: self._all[key] for key in keys}, **after}
        first, last = ([f"{key}={value}" for key, value in changes.items()] for changes in (before, after))
        return [*first, *keys, *last]

    def _shown(self, key: str) -> str:
        return f"{key}={self._all[key]}" if self._mapping else key


def _section(assignment: str) -> str:
    return assignment.partition("=")[0].strip().partition(".")[0]
