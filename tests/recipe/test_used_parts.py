"""Which parts of the data matter to a recipe."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import pytest

from gnnrec import Filter, load_recipe
from gnnrec.recipe.used_parts import used_parts

FINGERPRINT = {
    part: part[::-1]
    for part in (
        *("edges", "time", "weight", "parts", "table user", "table item", "table tag"),
        *("relation item-has_tag-tag", "behaviour view"),
    )
}


class OfRelations(Filter):
    """Looks at relations and at all tables."""

    name: Literal["of_relations"] = "of_relations"
    uses: ClassVar[tuple[str, ...]] = ("relations", "tables")

    def apply(self, interactions: Any) -> Any:
        return interactions


class OfAnything(OfRelations):
    """Does not say."""

    name: Literal["of_anything"] = "of_anything"  # type: ignore[assignment]
    uses: ClassVar[tuple[str, ...] | None] = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("name", "overrides", "more"),
    [
        ("baselines/ease", {}, []),
        ("baselines/ease", {"split.name": "temporal"}, ["time"]),
        ("baselines/ease", {"split.name": "predefined"}, ["parts"]),
        ("baselines/ease", {"filters": [{"name": "min_rating", "at_least": 4}]}, ["weight"]),
        ("baselines/ease", {"filters": [{"name": "between", "start": "2020-01-01"}]}, ["time"]),
        ("movielens_sage", {}, ["table item"]),
        ("movielens_sage", {"features.item": [], "negatives.name": "hard"}, []),
    ],
)
def test_what_its_components_look_at_is_used(name: str, overrides: dict[str, Any], more: list[str]) -> None:
    found = used_parts(load_recipe(name, overrides), FINGERPRINT)
    assert found == {part: FINGERPRINT[part] for part in ("edges", *more)}


def test_a_component_may_name_families_of_parts_and_one_that_does_not_say_uses_all() -> None:
    recipe = load_recipe("baselines/ease")
    some = used_parts(recipe.model_copy(update={"filters": (OfRelations(),)}), FINGERPRINT)
    assert list(some) == ["edges", "table user", "table item", "table tag", "relation item-has_tag-tag"]
    assert used_parts(recipe.model_copy(update={"filters": (OfAnything(),)}), FINGERPRINT) == FINGERPRINT
