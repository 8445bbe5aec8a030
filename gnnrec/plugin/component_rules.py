"""The rules that every component class keeps, checked when its plugin loads."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Collection
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic_core import PydanticUndefined

from gnnrec.contract.blending import BlendedPart
from gnnrec.contract.component import PARTS_OF_DATA, Component
from gnnrec.contract.kinds import CONTRACTS
from gnnrec.errors import PluginError, suggestion
from gnnrec.plugin.signatures import check_methods
from gnnrec.plugin.tuned_rules import check_tuned, refuse_inner, refuse_nested

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic.fields import FieldInfo

MUTABLE = (list, dict, set, bytearray)
UNIONS = (Union, type(int | str))
DESCRIBABLE = {
    *("model", "model-fields", "model-field", "default", "nullable", "tuple", "tagged-union"),
    *("int", "float", "str", "bool", "literal", "function-before", "function-after"),
}
"""What JSON Schema has a word for, of pydantic's own types; others are tried."""

NAME = r"[A-Za-z][A-Za-z0-9_-]*"


def check_component(component: object) -> None:
    """Hold a class against the rules that every component keeps.

    Raises:
        PluginError: It is no component class, lacks its method or has one of another signature, or has a field that a
            recipe could not set safely.
    """
    if not (isinstance(component, type) and issubclass(component, Component)):
        raise PluginError(f"gnnrec_components returned {component!r}, which is no component class")
    title = component.__qualname__
    contract = CONTRACTS.get(getattr(component, "kind", ""))
    if contract is None or not issubclass(component, contract):
        raise PluginError(f"{title} derives from no contract; derive from Encoder, Decoder or another kind")
    _build(component)
    check_methods(component, contract)
    _check_name(component)
    _check_uses(component)
    _check_model(component)
    reserved = set(dir(contract)) - set(contract.model_fields)
    for field, info in component.model_fields.items():
        if field in reserved:
            raise PluginError(f"{title}.{field}: this name is taken by the component itself; choose another")
        _check_field(f"{title}.{field}", info, (component,))
    _check_defaults(component)
    check_tuned(component)
    _check_schema(component)


def _build(component: type[Component]) -> None:
    """Let pydantic build what it put off, and say where the class stands that it cannot."""
    try:
        component.model_rebuild()
    except Exception as error:
        text = str(error).partition("\n\n")[0]  # pydantic goes on about itself
        try:
            file, line = inspect.getsourcefile(component), inspect.getsourcelines(component)[1]
        except (OSError, TypeError):  # made without a file
            file, line = component.__module__, 0
        raise PluginError(f"{type(error).__name__}: {text} ({Path(str(file)).name}:{line})") from error


def _check_name(component: type[Component]) -> None:
    title, name = component.__qualname__, component.model_fields["name"]
    literal = get_args(name.annotation) if get_origin(name.annotation) is Literal else ()
    if name.default is PydanticUndefined or len(literal) != 1:
        raise PluginError(f'{title} needs its name as a field: name: Literal["my_name"] = "my_name"')
    if literal != (name.default,):
        raise PluginError(f"{title} is called '{literal[0]}' on one side of its name and '{name.default}' on the other")
    if not re.fullmatch(NAME, str(name.default)):
        raise PluginError(f"{title} is called '{name.default}'; expected a letter, then letters, digits, _ and -")


def _check_uses(component: type[Component]) -> None:
    uses: Any = component.uses
    known = isinstance(uses, tuple) and all(isinstance(each, str) for each in uses)
    strange = next((each for each in uses if each not in PARTS_OF_DATA), None) if known and uses is not None else None
    if uses is not None and (not known or strange is not None):
        hint = suggestion(strange, PARTS_OF_DATA) if strange is not None else "; expected a tuple"
        raise PluginError(f"{component.__qualname__}.uses is {uses!r}, which is no part of the data{hint}")


def _check_model(model: type[BaseModel]) -> None:
    """A model that a recipe fills in does not change, and ignores nothing."""
    if not model.model_config.get("frozen") or model.model_config.get("extra") != "forbid":
        raise PluginError(
            f"{model.__qualname__} could change or ignore what a recipe says; "
            'it needs model_config = ConfigDict(frozen=True, extra="forbid")'
        )


def _check_field(place: str, info: FieldInfo, within: tuple[Any, ...]) -> None:
    if info.alias or info.validation_alias or info.serialization_alias:
        raise PluginError(f"{place} has an alias; a recipe calls it by its own name, so leave the alias out")
    if info.exclude:
        raise PluginError(f"{place} is excluded, and a run could not store what it was; leave `exclude` out")
    _check_type(place, info.annotation, within, chosen_by_name=info.discriminator == "name")


def _check_type(place: str, annotation: Any, within: tuple[Any, ...], *, chosen_by_name: bool = False) -> None:
    """Hold the type of a field, and the types in it, against what a recipe can say without doubt.

    Args:
        place: What the message calls it.
        annotation: The type.
        within: The models and aliases that it is a part of.
        chosen_by_name: A union's members are told apart by their `name`.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    named = _stands_for(annotation, origin, arguments)
    if named is not None:
        _check_nesting(place, annotation, within)
        _check_type(place, named, (*within, annotation), chosen_by_name=chosen_by_name)
    elif annotation is Any or annotation is object:
        raise PluginError(f"{place} may be anything; say what a recipe can write there: int, float, str, tuple, …")
    elif origin is Annotated:
        refuse_inner(place, arguments[1:])
        marks = (getattr(mark, "discriminator", None) for mark in arguments[1:])
        _check_type(place, arguments[0], within, chosen_by_name="name" in marks)
    elif origin in UNIONS:
        _check_union(place, [each for each in arguments if each is not type(None)], within, chosen_by_name)
    elif origin is tuple:
        for argument in arguments:
            if argument is not ...:
                _check_type(place, argument, within)
    elif isinstance(annotation if origin is None else origin, type):
        _check_class(place, annotation, origin, within)
    elif origin is not Literal:
        raise _unwritable(place, annotation)


def _stands_for(annotation: Any, origin: Any, arguments: tuple[Any, ...]) -> Any:
    """The type that `type X = …`, `type X[T] = …` or a NewType is another name for; None for other types."""
    if hasattr(annotation, "__supertype__"):
        return annotation.__supertype__
    if hasattr(origin, "__value__"):
        return origin.__value__[arguments]
    return getattr(annotation, "__value__", None)


def _check_union(place: str, members: Sequence[Any], within: tuple[Any, ...], chosen_by_name: bool) -> None:
    if len(members) > 1 and not chosen_by_name:
        either = " or ".join(_words(member) for member in members)
        raise PluginError(
            f"{place} is {either}, so a value may fit both; use one type (| None is fine), "
            'or models that are told apart by a name: Field(discriminator="name")'
        )
    for member in members:
        _check_type(place, member, within, chosen_by_name=chosen_by_name)


def _check_class(place: str, annotation: Any, origin: type | None, within: tuple[Any, ...]) -> None:
    kind: type = origin or annotation
    if issubclass(kind, MUTABLE):
        raise PluginError(f"{place} is a {kind.__name__}, which can change; use tuple[…, ...]")
    if origin is not None:
        raise _unwritable(place, annotation)
    if issubclass(kind, Collection) and not issubclass(kind, (str, bytes, Enum)):
        raise PluginError(f"{place} is a {kind.__name__}, which may hold anything; use tuple[…, ...], or a model")
    if is_dataclass(kind):
        raise PluginError(
            f"{place} is a dataclass, which ignores what it does not know; make {kind.__name__} a BaseModel"
        )
    if issubclass(kind, BlendedPart):
        return  # it holds components, each checked as its own kind
    if issubclass(kind, BaseModel):
        _check_nesting(place, kind, within)
        _check_model(kind)
        refuse_nested(kind)
        for field, info in kind.model_fields.items():
            _check_field(f"{kind.__qualname__}.{field}", info, (*within, kind))


def _check_nesting(place: str, part: Any, within: tuple[Any, ...]) -> None:
    """No type holds itself: neither `gnnrec show` nor an editor could tell its fields to their end."""
    if part in within:
        raise PluginError(f"{place} is {_words(part)} within itself; a recipe goes no deeper than its types say")


def _unwritable(place: str, annotation: Any) -> PluginError:
    return PluginError(f"{place} is {_words(annotation)}, which a recipe cannot write; use int, float, str, tuple, …")


def _words(annotation: Any) -> str:
    plain = isinstance(annotation, type) and get_origin(annotation) is None
    return annotation.__name__ if plain else str(annotation).removeprefix("typing.")


def _check_defaults(component: type[Component]) -> None:
    """Where nothing has to be said, nothing said is a valid component, and one that a run can store and read back."""
    if any(info.is_required() for info in component.model_fields.values()):
        return
    title = component.__qualname__
    try:
        default = component.model_validate_json("{}", strict=True)  # as recipes are read
    except ValidationError as error:
        raise PluginError(f"{title}'s defaults are not valid: {'; '.join(_faults(error))}") from None
    stored = json.dumps(default.model_dump(mode="json"))
    try:
        same = component.model_validate_json(stored, strict=True) == default
    except ValidationError as error:
        raise PluginError(f"{title}, stored as {stored}, is not read back: {'; '.join(_faults(error))}") from None
    if not same:
        raise PluginError(f"{title}, stored as {stored}, is another when it is read back")


def _faults(error: ValidationError) -> Iterator[str]:
    for each in error.errors():
        where = ".".join(map(str, each["loc"]))
        yield f"{where}: {each['msg']}, not {each['input']!r}" if where else each["msg"]


def _check_schema(component: type[Component]) -> None:
    """A field that editors and `gnnrec show` could not describe is none that a recipe can set."""
    if set(_core_types(component.__pydantic_core_schema__)) <= DESCRIBABLE:
        return  # describing every component to find that out would take a tenth of the time that `--help` does
    try:
        component.model_json_schema()
    except PydanticInvalidForJsonSchema as error:
        raise PluginError(f"{component.__qualname__} has a field that a recipe cannot write: {error}") from None


def _core_types(schema: Any) -> Iterator[str]:
    """What pydantic has made of a model's fields, and of what is in them."""
    if isinstance(schema, dict):
        if "type" in schema:
            yield schema["type"]
        for key, part in schema.items():
            if key not in {"default", "expected", "function", "metadata", "serialization"}:
                yield from _core_types(part)
    elif isinstance(schema, (list, tuple)):
        for part in schema:
            yield from _core_types(part)
