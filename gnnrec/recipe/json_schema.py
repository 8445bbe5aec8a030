"""The JSON Schema of recipes over all installed components, which editors complete and check from."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from gnnrec.contract.blending import BlendedPart
from gnnrec.contract.kinds import CONTRACTS, Loss
from gnnrec.recipe.blends import EXTENDED, OF_PART
from gnnrec.recipe.made_with import MADE_WITH
from gnnrec.recipe.schema import COMPONENT_SECTIONS, MODEL_SECTIONS, SECTIONS, recipe_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gnnrec.plugin.registry import Registry

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
DEFINITIONS = "#/$defs/"

CHANGED = "Extending"
"""What the definition of a component is called in a recipe with `extends`, where it differs."""


def json_schema(registry: Registry) -> Schema:
    """A JSON Schema (2020-12) that tells two forms of a recipe apart by the key `extends`.

    Without it every section is whole and each component names itself, so that exactly one component matches and an
    editor completes its fields. With it a section holds what changes: a component by its name, none of its fields
    required; or, without a name, fields that some component of the kind has. What the extended recipe says is not
    looked at: `gnnrec validate` does that.
    """
    schema: Schema = recipe_model(registry).model_json_schema()
    definitions: dict[str, Schema] = schema["$defs"]
    for definition in definitions.values():
        _name_itself(definition)
    properties: dict[str, Schema] = schema["properties"]
    # Not "Evaluation": pydantic qualifies the name where a part of a component is called so too.
    evaluation = definitions[properties["evaluation"]["$ref"].removeprefix(DEFINITIONS)]
    _allow_bare_names(evaluation["properties"]["metrics"], sorted(registry.components("metric")))
    # The other sections keep their form where a recipe extends another.
    choices = {section: _taken_out(properties[section]) for section in COMPONENT_SECTIONS}
    extending = _Extending(definitions)
    changes = {section: extending.relaxed(choice) for section, choice in choices.items()}
    definitions |= extending.definitions
    if BlendedPart.__name__ in definitions:
        _hold_sections(definitions, properties["features"], choices, changes)
    properties["extends"] = {
        "type": "string",
        "title": "Extends",
        "description": "Another recipe (a path beside this file, or a shipped recipe's name) to start from.",
    }
    properties[MADE_WITH] = {
        "type": "object",
        "title": "Made with",
        "additionalProperties": {"type": "string"},
        "description": "Written by a run: the distributions and files that gave its components, with their versions.",
    }
    schema.pop("required", None)  # the name is the file's own where it is left out, and sections are told below
    schema["if"] = {"required": ["extends"]}
    schema["then"] = {"properties": changes}
    schema["else"] = {"properties": choices, "required": list(SECTIONS), **_scorer_or_model(registry)}
    return {"$schema": DRAFT, **schema}


def _name_itself(definition: Schema) -> None:
    """Require a component's name, and say there what the component is.

    Without a required name an editor finds that several components match.
    """
    name = definition.get("properties", {}).get("name")
    if name is not None:
        definition["required"] = sorted({"name", *definition.get("required", [])})
        summary = str(definition.get("description", "")).partition("\n")[0]
        if summary:
            name["description"] = summary


def _allow_bare_names(metrics: Schema, names: list[str]) -> None:
    metrics["items"] = {"anyOf": [{"enum": names}, metrics["items"]]}


def _hold_sections(
    definitions: dict[str, Schema], features: Schema, choices: Mapping[str, Schema], changes: Mapping[str, Schema]
) -> None:
    """Let a part of a recommender hold what a recipe's sections may: whole ones, or changes where it names a recipe."""
    part = definitions[BlendedPart.__name__]
    own = [section for section in OF_PART if section in choices]
    part["properties"] |= {
        "features": {key: value for key, value in features.items() if key != "default"},
        **{section: {"description": part["properties"][section]["description"]} for section in own},
        EXTENDED: {
            "type": "string",
            "title": "Recipe",
            "description": "Another recipe, whose sections stand for the part's; what stands beside it changes them.",
        },
    }
    part["if"] = {"required": [EXTENDED]}
    part["then"] = {"properties": {section: changes[section] for section in own}}
    part["else"] = {"properties": {section: choices[section] for section in own}}
    for contract in CONTRACTS.values():
        definitions.pop(contract.__name__, None)


def _taken_out(section: Schema) -> Schema:
    """What a section may hold; its title and description stay behind, for both forms of a recipe."""
    section.pop("default", None)  # null, which says less than a section that is not there
    return {key: section.pop(key) for key in list(section) if key not in {"title", "description"}}


def _scorer_or_model(registry: Registry) -> Schema:
    """A recipe has a scorer, or the sections that train a model; some losses take no negatives."""
    always = [section for section in MODEL_SECTIONS if section != "negatives"]
    losses = registry.components("loss").items()
    without = sorted(name for name, loss in losses if issubclass(loss, Loss) and not loss.takes_negatives())
    named = {"required": ["name"], "properties": {"name": {"enum": without}}}
    return {
        "if": _present(["scorer"]),
        "then": {"properties": _absent(MODEL_SECTIONS)},
        "else": {
            **_present(always),
            "if": {"required": ["loss"], "properties": {"loss": named}},
            "then": {"properties": _absent(["negatives"])},
            "else": _present(["negatives"]),
        },
    }


def _present(sections: list[str]) -> Schema:
    return {"required": sections, "properties": {section: {"type": "object"} for section in sections}}


def _absent(sections: Iterable[str]) -> dict[str, Schema]:
    """Left out, or `null`, which takes away what would be there otherwise."""
    return {section: {"type": "null"} for section in sections}


class _Extending:
    """Makes of each schema what holds where a recipe extends another, and collects the definitions it takes."""

    def __init__(self, whole: Mapping[str, Schema]) -> None:
        self._whole = whole
        self.definitions: dict[str, Schema] = {}

    def relaxed(self, schema: Schema) -> Schema:
        """The same with nothing required but the names that tell components apart; those may be left out as a whole.

        Lists stay as they are: they are replaced, not joined.
        """
        if "$ref" in schema:
            return {**schema, "$ref": self._reference(schema["$ref"])}
        if "oneOf" in schema:
            parts = [self._whole[each["$ref"].removeprefix(DEFINITIONS)] for each in schema["oneOf"]]
            names = [self.relaxed(each) for each in schema["oneOf"]]
            return {"oneOf": [*names, self._unnamed(parts)]}
        if "anyOf" in schema:
            return {**schema, "anyOf": [self.relaxed(each) for each in schema["anyOf"]]}
        return deepcopy(schema)

    def _reference(self, reference: str) -> str:
        """Where the relaxed form of a component is defined: where the component itself is, if it is no different."""
        title = reference.removeprefix(DEFINITIONS)
        definition = self._whole[title]
        changed = {**definition, "properties": self._fields(definition)}
        changed["required"] = [key for key in definition.get("required", []) if key == "name"]
        if changed == {"required": [], **definition}:
            return reference
        self.definitions[f"{title}{CHANGED}"] = changed
        return f"{reference}{CHANGED}"

    def _fields(self, definition: Schema) -> dict[str, Schema]:
        return {field: self.relaxed(schema) for field, schema in definition.get("properties", {}).items()}

    def _unnamed(self, parts: list[Schema]) -> Schema:
        """Fields of whatever component the extended recipe names; each as one of the components has it."""
        alternatives: dict[str, list[Schema]] = {}
        for part in parts:
            for field, schema in self._fields(part).items():
                # The default is the extended recipe's value, not the component's.
                told = {key: value for key, value in schema.items() if key != "default"}
                known = alternatives.setdefault(field, [])
                if field != "name" and told not in known:
                    known.append(told)
        fields = {field: known[0] if len(known) == 1 else {"anyOf": known} for field, known in alternatives.items()}
        fields.pop("name", None)
        return {
            "type": "object",
            "title": "of the extended recipe",
            "description": "Fields of the component that the extended recipe names; what is left out stays.",
            "properties": fields,
            "additionalProperties": False,
        }
