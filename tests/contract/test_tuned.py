"""What installed components say of how they are tuned: a recipe takes the ends of every range, and every choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, get_args

import pytest

from gnnrec import Tuned, TunedAmong, load_recipe
from gnnrec.contract.tuned import tuned_fields
from gnnrec.plugin.registry import installed
from gnnrec.testing import installed_components

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gnnrec.testing import InstalledComponent

TUNED = [each for each in installed_components() if tuned_fields(each.component)]

MODEL, BASELINE = "movielens_sage", "baselines/ease"


def sections(kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    """What a recipe has to say to use a component of that kind with these fields."""
    component: Any = installed().component(kind, fields["name"])
    without_negatives = kind == "loss" and not component.takes_negatives()
    return {kind: fields, **({"negatives": None} if without_negatives else {})}


def tries(mark: Tuned | TunedAmong) -> Iterator[Any]:
    """Both ends and, where it is whole numbers, the one after the least; or every choice."""
    if isinstance(mark, TunedAmong):
        yield from mark.choices
    else:
        yield from (mark.low, mark.high)
        if isinstance(mark.low, int):
            yield mark.low + 1


@pytest.mark.parametrize("each", TUNED, ids=str)
def test_a_recipe_takes_the_ends_of_every_range_and_every_choice(each: InstalledComponent) -> None:
    tuned = {field: [*tries(mark)] for field, mark in tuned_fields(each.component).items()}
    for turn in range(max(map(len, tuned.values()))):  # all at their least, all at their greatest, …
        fields = {"name": each.component.component_name()}
        fields |= {field: values[turn % len(values)] for field, values in tuned.items()}
        recipe = load_recipe(BASELINE if each.kind == "scorer" else MODEL, sections(each.kind, fields))
        assert recipe.to_dict()[each.kind].items() >= fields.items()


def test_ranges_of_whole_numbers_and_of_others_are_told_apart() -> None:
    """Of two equal `Annotated` Python keeps the first: one plugin's mistake would be another's."""
    first, second = (get_args(Annotated[float, mark])[1] for mark in (Tuned(1, 8), Tuned(1.0, 8.0)))
    assert [type(each.low) for each in (first, second)] == [int, float]
    assert Tuned(1, 8) == first != second
    assert TunedAmong((1, 0)) != TunedAmong((True, False))


def test_most_of_what_is_learned_or_fitted_says_how_it_is_tuned() -> None:
    found = {str(each): tuned_fields(each.component) for each in TUNED}
    assert {name.partition("-")[0] for name in found} == {"graph", "negatives", "encoder", "loss", "trainer", "scorer"}
    assert {field: str(mark) for field, mark in found["encoder-lightgcn"].items()} == {
        "channels": "16..256:log",
        "layers": "1..4",
        "init_std": "0.01..1:log",
        "layer_weights": "mean, learned",
    }


@pytest.mark.parametrize("field", ["seed", "epochs", "device", "batch_size", "workers", "iterations"])
def test_what_only_costs_time_or_is_chance_is_not_tuned(field: str) -> None:
    assert not [str(each) for each in TUNED if field in tuned_fields(each.component)]
