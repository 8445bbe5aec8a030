"""Whether what is to be compared is about the same data, known before anything is trained."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from gnnrec.data.filtering import apply_filters
from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnnrec.comparison.contenders import Contender
    from gnnrec.contract.kinds import Dataset
    from gnnrec.data.interactions import Interactions
    from gnnrec.recipe.schema import Recipe


def require_one_source(contenders: Sequence[Contender], names: Sequence[str]) -> None:
    """See that recipes that are still to be run name the same data; where their sections differ, by loading them.

    Raises:
        UsageError: They are not; the message says what to type so that they are.
        DataError: Data cannot be had.
    """
    recipes = [(name, recipe) for name, each in zip(names, contenders, strict=True) for recipe in _first_of(each)]
    if all(recipe.dataset == recipes[0][1].dataset for _, recipe in recipes):
        return
    loaded = {recipe.dataset: recipe.dataset.load() for _, recipe in recipes}
    (first, chosen), *others = recipes
    own = loaded[chosen.dataset]
    for name, recipe in others:
        data = loaded[recipe.dataset]
        if data.fingerprint["edges"] == own.fingerprint["edges"] or _split(recipe, data) == _split(chosen, own):
            continue
        raise UsageError(
            f"only runs over the same data can be compared: {first} is about {len(own):,} interactions of "
            f"{own.source}, {name} about {len(data):,} of {data.source}; give all of them the data of one, as in\n"
            f"  {as_options(chosen.dataset)}"
        )


def _first_of(contender: Contender) -> list[Recipe]:
    return [*contender.recipes.values()][:1]


def _split(recipe: Recipe, data: Interactions) -> str:
    return recipe.split.split(apply_filters(data, recipe.filters)).fingerprint


def as_options(dataset: Dataset) -> str:
    """The options that make a recipe take a dataset: its name, and the fields that are not as they come.

    >>> from gnnrec import load_recipe
    >>> as_options(load_recipe("baselines/ease", {"dataset": {"name": "table", "path": "my log.csv"}}).dataset)
    "-s dataset.name=table -s 'dataset.path=my log.csv'"
    """
    given = {"name": dataset.component_name(), **dataset.model_dump(exclude_defaults=True, mode="json")}
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}
    return " ".join(f"-s {shlex.quote(f'dataset.{key}={text}')}" for key, text in texts.items())
