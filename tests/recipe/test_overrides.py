from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from gnnrec import RecipeError, load_recipe
from gnnrec.recipe.overrides import parse_assignment

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec.plugin.registry import Registry


def test_overrides_are_the_same_from_python_and_as_text(toy: Path, toy_registry: Registry) -> None:
    from_python = {"encoder.channels": 4, "encoder.sizes": (1, 2), "features.item.1.name": "ones", "trainer.rate": 0.5}
    as_text = ["encoder.channels=4", "encoder.sizes=[1, 2]", "features.item.1.name=ones", "trainer.rate=5e-1"]
    recipe = load_recipe(toy, from_python, registry=toy_registry)
    assert recipe == load_recipe(toy, as_text, registry=toy_registry)
    assert recipe.encoder is not None
    assert recipe.encoder.model_dump(include={"channels", "sizes", "layers"}) == {
        "channels": 4,
        "sizes": (1, 2),
        "layers": 3,
    }


def test_signs_are_text_as_they_stand() -> None:
    for sign in ("::", "|", ";", ",", " ", "\t", "-", ">", "&", "#"):
        assert parse_assignment(f"dataset.separator={sign}")[1].plain() == sign
    for written, meant in (("~", None), ("''", ""), ("[]", []), ("' '", " "), ('"\\t"', "\t")):
        assert parse_assignment(f"dataset.separator={written}")[1].plain() == meant


def test_names_are_applied_before_fields_whatever_the_order(toy: Path, toy_registry: Registry) -> None:
    changes = ["encoder.name=lookup", "encoder.channels=4", "encoder={name: lookup}"]
    for order in permutations(changes):
        encoder = load_recipe(toy, order, registry=toy_registry).encoder
        assert encoder is not None
        assert encoder.model_dump() == {"name": "lookup", "channels": 4}


def test_a_later_override_wins_over_an_earlier_one(toy: Path, toy_registry: Registry) -> None:
    assert load_recipe(toy, ["seed=1", "seed=2"], registry=toy_registry).seed == 2


def test_list_items_are_changed_and_appended_by_index(toy: Path, toy_registry: Registry) -> None:
    changes = ["features.item.2={name: ones, width: 5}", "features.item.1.width=4", "features.user.0.name=ones"]
    features = load_recipe(toy, changes, registry=toy_registry).features
    assert [block.model_dump()["width"] for block in features.item] == [2, 4, 5]
    assert [block.name for block in features.user] == ["ones"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["encoder"], "-s encoder  expected section.field=value"),
        (["=3"], "-s =3  expected section.field=value"),
        (["seed="], "-s seed=  seed: there is no value after '='; an empty text is ''"),
        (["seed=["], "-s seed=[  seed: this is not valid YAML: expected the node content, but found '<stream end>'"),
        (["seed=!x 1"], "-s seed=!x 1  seed: the tag !x has no place in a recipe"),
        (["encoder.chanels=4"], "-s encoder.chanels=4  encoder.chanels: unknown key; did you mean 'channels'?"),
        (["encoder.channels='4'"], "-s encoder.channels='4'  encoder.channels: expected integer, got '4'"),
        (["encoder.sizes=[1, x]"], "-s encoder.sizes=[1, x]  encoder.sizes.1: expected integer, got 'x'"),
        (
            ["features.item.3.width=1"],
            "-s features.item.3.width=1  features.item.3: there is no item 3; the list has 2",
        ),
        (["encoder.0=1"], "-s encoder.0=1  encoder.0: a mapping has keys and no item 0; known: name, channels, layers"),
        (["seed=1", "seed.x=2"], "-s seed.x=2  seed.x: seed is set as a whole by another override"),
        (["loss.name=x", "loss=null"], "-s loss=null  loss: loss is set as a whole, and another override goes into it"),
        (
            ["extends=toy"],
            "-s extends=toy  extends: this is said in a recipe's file and cannot be overridden",
        ),
        ({"seed": {1}}, "override seed={1}  seed: expected plain data (numbers, text, lists, dicts), got set"),
        (
            {"seed": pd.DataFrame({"user": [1]})},
            (
                "override seed=user 0 1  seed: expected plain data (numbers, text, lists, dicts), got DataFrame; a "
                "table is given as gnnrec.run(recipe, data=table)"
            ),
        ),
        ({"seed": float("inf")}, "override seed=inf  seed: expected a finite number, got inf"),
    ],
)
def test_a_wrong_override_is_told_as_it_was_given(
    toy: Path, toy_registry: Registry, overrides: Any, message: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(toy, overrides, registry=toy_registry)
    assert str(caught.value).startswith(message)
