from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gnnrec import UsageError
from gnnrec.contracts import CONTRACTS
from gnnrec.recipe.check import check
from gnnrec.recipe.nodes import read_yaml
from gnnrec.recipe.schema import MODEL_SECTIONS, SECTIONS, Recipe, json_schema, recipe_model
from gnnrec.registry import Registry, installed

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def schema(toy_registry: Registry) -> dict[str, Any]:
    return json_schema(toy_registry)


def references(value: Any) -> Iterator[str]:
    """Every `$ref` in a schema."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for child in value:
            yield from references(child)


def test_the_schema_has_every_section_and_extends_and_nothing_else(schema: dict[str, Any]) -> None:
    sections = {*SECTIONS, *MODEL_SECTIONS, "scorer", "features", "evaluation", "name", "seed", "extends"}
    assert set(schema["properties"]) == sections == {*Recipe.model_fields, "extends"}
    assert schema["additionalProperties"] is False
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_a_recipe_has_a_dataset_and_a_split_or_extends_one_that_has(schema: dict[str, Any]) -> None:
    assert "required" not in schema
    assert schema["anyOf"] == [{"required": ["extends"]}, {"required": ["dataset", "split"]}]


def test_every_component_requires_its_name_and_refuses_unknown_keys(
    schema: dict[str, Any], toy_registry: Registry
) -> None:
    components = [each for kind in CONTRACTS for each in toy_registry.components(kind).values()]
    assert len(components) == 11
    for component in components:
        definition = schema["$defs"][component.__name__]
        assert definition["required"] == ["name"]
        assert definition["additionalProperties"] is False
        assert definition["properties"]["name"]["const"] == component.component_name()


def test_a_section_offers_each_of_its_components(schema: dict[str, Any]) -> None:
    encoder = schema["properties"]["encoder"]
    assert set(references(encoder)) == {"#/$defs/Mean", "#/$defs/Lookup"}
    assert encoder["description"] == "Graph to embeddings."


def test_bounds_types_and_meanings_of_fields_are_in_the_schema(schema: dict[str, Any]) -> None:
    fields = schema["$defs"]["Mean"]["properties"]
    assert fields["channels"] == {
        "default": 64,
        "description": "Size of every embedding.",
        "exclusiveMinimum": 0,
        "title": "Channels",
        "type": "integer",
    }
    assert fields["activation"]["enum"] == ["relu", "tanh"]
    assert fields["sizes"]["items"] == {"exclusiveMinimum": 0, "type": "integer"}


@pytest.mark.parametrize("registry", [installed(), Registry([])], ids=["installed", "nothing"])
def test_every_reference_of_a_schema_leads_somewhere(registry: Registry) -> None:
    schema = json_schema(registry)
    names = {reference.removeprefix("#/$defs/") for reference in references(schema)}
    assert "Evaluation" in names
    assert names <= set(schema["$defs"])


def test_every_field_of_every_installed_component_says_what_it_means() -> None:
    components = [each for kind in CONTRACTS for each in installed().components(kind).values()]
    silent = [
        f"{component.__name__}.{name}"
        for component in components
        for name, field in component.model_fields.items()
        if name != "name" and not field.description
    ]
    assert components
    assert silent == []


def test_the_dump_of_a_checked_recipe_holds_the_fields_of_its_components(toy_text: str, toy_registry: Registry) -> None:
    recipe = check(read_yaml(toy_text, "toy.yaml"), toy_registry)
    assert isinstance(recipe, Recipe)
    expected = {"name": "steps", "epochs": 5, "monitor": "loss", "checkpoint_seconds": 20.0, "rate": 0.001}
    assert recipe.to_dict()["trainer"] == expected
    assert recipe.to_dict()["features"] == {
        "user": [],
        "item": [{"name": "ones", "width": 2, "column": "genres"}, {"name": "ones", "width": 1, "column": "genres"}],
    }
    assert "scorer" not in recipe.to_dict()


def test_a_recipe_is_frozen_and_may_be_put_together_in_python(toy_registry: Registry) -> None:
    toy, halves = toy_registry.component("dataset", "toy"), toy_registry.component("split", "halves")
    recipe = Recipe(name="mine", dataset=toy(), split=halves(val=0.3))
    assert recipe.to_dict()["split"] == {"name": "halves", "seed": 42, "val": 0.3, "test": 0.1}
    with pytest.raises(ValueError, match="Instance is frozen"):
        recipe.seed = 3
    with pytest.raises(UsageError, match=r"^recipe 'mine' trains no model: it has no graph, negatives, encoder,"):
        recipe.model_sections()


def test_the_checking_model_is_the_recipe_itself_with_narrower_sections(toy_registry: Registry) -> None:
    model = recipe_model(toy_registry)
    assert issubclass(model, Recipe)
    assert set(model.model_fields) == set(Recipe.model_fields)
