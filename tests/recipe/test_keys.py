from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

import pytest

from gnnrec import Encoder, RecipeError, load_recipe
from gnnrec.plugin.registry import Registry, installed
from gnnrec.recipe.keys import Key, component_keys, continued, recipe_keys
from gnnrec.recipe.overrides import parse_assignment

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def keys(toy: Path, toy_registry: Registry) -> Key:
    """The keys of the toy recipe."""
    return recipe_keys(toy_registry, load_recipe(toy, registry=toy_registry))


def texts(begun: str, keys: Key) -> list[str]:
    return [text for text, _ in continued(begun, keys)]


def test_a_recipe_has_the_keys_of_its_own_sections_and_components(keys: Key) -> None:
    sections = {"dataset", "split", "graph", "negatives", "encoder", "decoder", "loss", "trainer", "features"}
    sections |= {"filters"}
    assert set(texts("", keys)) == {"name=", "seed=", "refit=", *(f"{section}." for section in sections), "evaluation."}
    fields = ["name", "channels", "layers", "dropout", "residual", "activation", "sizes", "best"]
    assert texts("encoder.", keys) == [f"encoder.{field}=" for field in fields]
    assert texts("e", keys) == ["encoder.", "evaluation."]


def test_where_no_recipe_is_known_there_are_the_keys_of_all_components(toy_registry: Registry) -> None:
    keys = recipe_keys(toy_registry, None)
    assert {"encoder.", "scorer."} <= set(texts("", keys))
    assert texts("encoder.name=", keys) == ["encoder.name=lookup", "encoder.name=mean"]


@pytest.mark.parametrize(
    ("begun", "expected"),
    [
        ("encoder.residual=", ["encoder.residual=true", "encoder.residual=false"]),
        ("encoder.activation=t", ["encoder.activation=tanh"]),
        ("encoder.name=", ["encoder.name=lookup", "encoder.name=mean"]),
        ("encoder.channels=", ["encoder.channels=8"]),
        ("trainer.rate=", ["trainer.rate=0.001"]),
        ("evaluation.k=", ["evaluation.k=[10,20]"]),
        ("seed=", ["seed=0"]),
        ("encoder.nothing=", []),
        ("nothing.name=", []),
        ("encoder.channels.", []),
        ("encoder.channels=9", []),
    ],
)
def test_values_are_the_choices_of_a_field_or_the_value_that_it_has(begun: str, expected: list[str], keys: Key) -> None:
    assert texts(begun, keys) == expected


def test_what_goes_on_in_one_way_only_is_gone_on_with(keys: Key) -> None:
    assert texts("enc", keys) == texts("encoder.", keys)
    assert texts("encoder.act", keys) == ["encoder.activation=", "encoder.activation=relu", "encoder.activation=tanh"]
    assert texts("encoder.chan", keys) == ["encoder.channels=", "encoder.channels=8"]


def test_feature_encoders_are_reached_by_their_index_and_one_may_be_added(keys: Key) -> None:
    assert texts("features.", keys) == ["features.user.", "features.item."]
    assert texts("features.item.", keys) == ["features.item.0.", "features.item.1.", "features.item.2."]
    assert texts("features.item.0.w", keys) == ["features.item.0.width=", "features.item.0.width=2"]
    assert texts("features.user.", keys) == [f"features.user.0.{field}=" for field in ("name", "width", "column")]


def test_a_part_that_names_itself_has_keys_below_its_field() -> None:
    all_schedules = texts("trainer.scheduler.", recipe_keys(installed(), load_recipe("movielens_sage")))
    assert {"trainer.scheduler.name=", "trainer.scheduler.factor=", "trainer.scheduler.end="} <= set(all_schedules)
    cosine = load_recipe("movielens_sage", {"trainer.scheduler.name": "cosine"})
    fields = [f"trainer.scheduler.{field}=" for field in ("name", "warm_up", "end")]
    assert texts("trainer.scheduler.", recipe_keys(installed(), cosine)) == fields


def test_a_field_whose_type_is_defined_by_itself_takes_the_values_of_that_type() -> None:
    class Aggregation(Enum):
        MEAN = "mean"
        MAX = "max"

    class Aggregating(Encoder):
        name: Literal["aggregating"] = "aggregating"
        how: Aggregation = Aggregation.MEAN
        then: Aggregation | None = None

        def build(self, graph: Any) -> Any: ...

    keys = component_keys(Registry(()), "encoder", Aggregating())
    assert texts("how", keys) == ["how=", "how=mean", "how=max"]
    assert texts("then", keys) == ["then=", "then=mean", "then=max"]


def test_keys_say_what_they_mean(keys: Key) -> None:
    assert ("encoder.channels=", "Size of every embedding.") in continued("encoder.", keys)
    assert ("encoder.", "Graph to embeddings.") in continued("", keys)


def faulty_paths(assignment: str) -> set[str]:
    """Where movielens_sage is wrong with an assignment; another component may ask for more, for one."""
    try:
        load_recipe("movielens_sage", [assignment])
    except RecipeError as error:
        return {fault.path for fault in error.faults}
    return set()


def test_every_value_that_is_offered_may_be_set() -> None:
    def values(keys: Key, path: str) -> list[str]:
        found = [f"{path}={value}" for value in keys.values]
        return found + [
            text for name, child in keys.children.items() for text in values(child, f"{path}.{name}".lstrip("."))
        ]

    offered = values(recipe_keys(installed(), load_recipe("movielens_sage")), "")
    assert len(offered) > 50
    assert [text for text in offered if parse_assignment(text)[0] in faulty_paths(text)] == []


def test_a_dataset_has_its_fields_by_themselves() -> None:
    keys = component_keys(installed(), "dataset", installed().component("dataset", "movielens").model_construct())
    releases = ("latest-small", "latest", "32m", "25m", "20m", "10m", "1m", "100k")
    assert texts("var", keys) == ["variant=", *(f"variant={each}" for each in releases)]
