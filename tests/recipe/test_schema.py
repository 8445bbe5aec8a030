from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from gnnrec import UsageError
from gnnrec.contract.kinds import CONTRACTS
from gnnrec.plugin.registry import Registry, installed
from gnnrec.recipe.check import check
from gnnrec.recipe.json_schema import json_schema
from gnnrec.recipe.load import dump_recipe, load_recipe, shipped_recipes
from gnnrec.recipe.nodes import read_yaml
from gnnrec.recipe.schema import COMPONENT_SECTIONS, SECTIONS, Recipe, recipe_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from importlib.metadata import EntryPoint


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
    sections = {
        *COMPONENT_SECTIONS,
        "filters",
        "features",
        "evaluation",
        "name",
        "seed",
        "refit",
        "tune",
        "extends",
        "made_with",
    }
    assert set(schema["properties"]) == sections == {*Recipe.model_fields, "extends", "made_with"}
    assert schema["additionalProperties"] is False
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_component_requires_its_name_and_refuses_unknown_keys(
    schema: dict[str, Any], toy_registry: Registry
) -> None:
    components = [each for kind in CONTRACTS for each in toy_registry.components(kind).values()]
    assert len(components) == 12
    for component in components:
        definition = schema["$defs"][component.__name__]
        assert definition["required"] == ["name"]
        assert definition["additionalProperties"] is False
        assert definition["properties"]["name"]["const"] == component.component_name()


def test_a_section_offers_each_of_its_components(schema: dict[str, Any]) -> None:
    assert schema["properties"]["encoder"] == {"title": "Encoder", "description": "Graph to embeddings."}
    for form in ("then", "else"):
        assert set(references(schema[form]["properties"]["encoder"])) == {"#/$defs/Mean", "#/$defs/Lookup"}


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


@pytest.fixture(scope="session")
def validator() -> Draft202012Validator:
    schema = json_schema(installed())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_is_valid_as_written_and_as_resolved(name: str, validator: Draft202012Validator) -> None:
    text = shipped_recipes()[name].read_text(encoding="utf-8")
    for written in (text, dump_recipe(load_recipe(name))):
        assert [fault.message for fault in validator.iter_errors(read_yaml(written, name).plain())] == []


WHOLE = {
    "dataset": {"name": "movielens"},
    "split": {"name": "random_link"},
    "graph": {"name": "bipartite"},
    "negatives": {"name": "static"},
    "encoder": {"name": "hetero_sage", "channels": 32},
    "decoder": {"name": "dot"},
    "loss": {"name": "bce"},
    "trainer": {"name": "device_aware", "scheduler": {"name": "cosine"}},
}
EXTENDING = {"extends": "movielens_sage"}
SCORING = {key: WHOLE[key] for key in SECTIONS} | {"scorer": {"name": "ease"}}


@pytest.mark.parametrize(
    "recipe",
    [
        WHOLE,
        WHOLE | {"loss": {"name": "softmax"}, "negatives": None},
        WHOLE | {"features": {"item": [{"name": "genre_onehot"}]}, "evaluation": {"metrics": ["recall"]}},
        WHOLE | {"scorer": None},
        WHOLE | {"dataset": {"name": "table", "path": "mine.csv"}},
        SCORING,
        SCORING | {"encoder": None},
        EXTENDING,
        EXTENDING | {"encoder": {"channels": 32}},
        EXTENDING | {"encoder": {"name": "mf", "item_ids": False}},
        EXTENDING | {"negatives": None, "loss": {"name": "softmax"}},
        EXTENDING | {"dataset": {"name": "table", "rating": "stars"}},
        EXTENDING | {"dataset": {"path": "mine.csv"}},
        EXTENDING | {"trainer": {"scheduler": {"warm_up": 3}}},
        EXTENDING | {"trainer": {"name": "device_aware", "scheduler": {"warm_up": 3}}},
    ],
    ids=str,
)
def test_a_right_recipe_is_not_flagged(recipe: dict[str, Any], validator: Draft202012Validator) -> None:
    assert [fault.message for fault in validator.iter_errors(recipe)] == []


@pytest.mark.parametrize(
    "recipe",
    [
        {},
        WHOLE | {"sede": 1},
        WHOLE | {"seed": "1"},
        WHOLE | {"encoder": {"name": "hetero_sage", "chanels": 32}},
        WHOLE | {"encoder": {"name": "hetero_sage", "channels": "32"}},
        WHOLE | {"encoder": {"name": "hetero_sage", "channels": 0}},
        WHOLE | {"encoder": {"name": "hetero_sag"}},
        WHOLE | {"encoder": {"channels": 32}},
        WHOLE | {"trainer": {"name": "device_aware", "scheduler": {"warm_up": 3}}},
        WHOLE | {"trainer": {"name": "device_aware", "optimizer": "adma"}},
        WHOLE | {"dataset": {"name": "table"}},
        WHOLE | {"features": {"item": {"name": "genre_onehot"}}},
        WHOLE | {"evaluation": {"metrics": ["recal"]}},
        WHOLE | {"negatives": None},
        WHOLE | {"loss": {"name": "softmax"}},
        *({key: value for key, value in WHOLE.items() if key != missing} for missing in WHOLE),
        SCORING | {"encoder": {"name": "mf"}},
        SCORING | {"scorer": None},
        {"scorer": {"name": "ease"}},
        EXTENDING | {"encoder": {"chanels": 32}},
        EXTENDING | {"encoder": {"channels": "32"}},
        EXTENDING | {"encoder": {"name": "hetero_sag"}},
        EXTENDING | {"encoder": {"name": "mf", "layers": 2}},
        EXTENDING | {"encoder": 32},
        EXTENDING | {"dataset": None},
        EXTENDING | {"features": {"item": [{"column": "genres"}]}},
        EXTENDING | {"trainer": {"scheduler": {"warm": 3}}},
        {"extends": ["movielens_sage"]},
    ],
    ids=str,
)
def test_a_wrong_recipe_is_flagged(recipe: dict[str, Any], validator: Draft202012Validator) -> None:
    assert not validator.is_valid(recipe)


def test_exactly_one_component_matches_a_section(validator: Draft202012Validator) -> None:
    # What an editor says "matches multiple schemas" of, and then completes fields of all of them.
    definitions = validator.schema["$defs"]
    for section, form in [("encoder", "else"), ("encoder", "then"), ("scorer", "then"), ("dataset", "then")]:
        choice = validator.schema[form]["properties"][section]
        options = choice["oneOf"] if "oneOf" in choice else choice["anyOf"][0]["oneOf"]
        for name in installed().components(section):
            matching = [
                option
                for option in options
                if validator.evolve(schema={**option, "$defs": definitions}).is_valid(
                    {"name": name, "path": "mine.csv"} if name == "table" else {"name": name}
                )
            ]
            assert len(matching) == 1, (section, form, name)


def test_fields_without_a_name_have_the_meaning_they_have_in_components(schema: dict[str, Any]) -> None:
    change = schema["then"]["properties"]["encoder"]["anyOf"][0]["oneOf"][-1]
    assert set(change["properties"]) == {"channels", "layers", "dropout", "residual", "activation", "sizes", "best"}
    whole = {"type": "integer", "exclusiveMinimum": 0, "title": "Channels"}
    # Mean describes it and Lookup does not; neither default holds where another recipe is extended.
    assert change["properties"]["channels"] == {"anyOf": [{**whole, "description": "Size of every embedding."}, whole]}


def test_components_and_sections_say_what_they_are_where_an_editor_shows_it(schema: dict[str, Any]) -> None:
    assert schema["$defs"]["Mean"]["description"] == "A mean of neighbours."
    assert schema["$defs"]["Mean"]["properties"]["name"]["description"] == "A mean of neighbours."
    silent = [key for key, value in schema["properties"].items() if not value.get("description")]
    for definition in ("Evaluation", "Features"):
        assert schema["$defs"][definition]["description"]
        properties = schema["$defs"][definition]["properties"]
        silent += [f"{definition}.{key}" for key, value in properties.items() if not value.get("description")]
    assert silent == []


@pytest.mark.parametrize("registry", [installed(), Registry([])], ids=["installed", "nothing"])
def test_every_reference_of_a_schema_leads_somewhere(registry: Registry) -> None:
    schema = json_schema(registry)
    names = {reference.removeprefix("#/$defs/") for reference in references(schema)}
    assert "Evaluation" in names
    assert names <= set(schema["$defs"])


def test_a_part_of_a_component_may_be_called_as_a_section_is(plugin: Callable[[str, str], EntryPoint]) -> None:
    text = """
        from pydantic import BaseModel
        class Evaluation(BaseModel):
            model_config = {"frozen": True, "extra": "forbid"}
        class Features(Encoder):
            name: Literal["features"] = "features"
            evaluation: Evaluation = Evaluation()
            def build(self, graph): ...
        @hookimpl
        def gnnrec_components():
            return [Features]
        """
    schema = json_schema(Registry([plugin("same_names", text)]))
    names = {reference.removeprefix("#/$defs/") for reference in references(schema)}
    assert names <= set(schema["$defs"])
    assert sum(name.endswith("Evaluation") for name in names) == 2


def test_every_field_of_every_installed_component_says_what_it_means() -> None:
    components = [each for kind in CONTRACTS for each in installed().components(kind).values()]
    silent = [
        f"{component.__name__}.{name}"
        for component in components
        for name, info in component.model_json_schema()["properties"].items()
        if name != "name" and not info.get("description")
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
