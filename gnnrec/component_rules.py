"""The rules that every component class keeps, checked when its plugin loads."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic_core import PydanticUndefined

from gnnrec.component import Component
from gnnrec.contracts import CONTRACTS
from gnnrec.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MUTABLE = (list, dict, set, bytearray)
UNIONS = (Union, type(int | str))
NAME = r"[A-Za-z][A-Za-z0-9_-]*"


def check_component(component: object) -> None:
    """Hold a class against the rules that every component keeps.

    Raises:
        PluginError: It is no component class, lacks its method, or has a field that a recipe could not set safely.
    """
    if not (isinstance(component, type) and issubclass(component, Component)):
        raise PluginError(f"gnnrec_components returned {component!r}, which is no component class")
    title = component.__qualname__
    contract = CONTRACTS.get(getattr(component, "kind", ""))
    if contract is None or not issubclass(component, contract):
        raise PluginError(f"{title} derives from no contract; derive from Encoder, Decoder or another kind")
    component.model_rebuild()
    if inspect.isabstract(component):
        missing = ", ".join(sorted(component.__abstractmethods__))
        raise PluginError(f"{title} lacks the method of its kind: {missing}")
    _check_name(component)
    _check_model(component)
    reserved = set(dir(contract)) - set(contract.model_fields)
    for field, info in component.model_fields.items():
        if field in reserved:
            raise PluginError(f"{title}.{field}: this name is taken by the component itself; choose another")
        _check_type(f"{title}.{field}", info.annotation, chosen_by_name=info.discriminator == "name")
    _check_defaults(component)
    _check_schema(component)


def _check_name(component: type[Component]) -> None:
    title, name = component.__qualname__, component.model_fields["name"]
    if name.default is PydanticUndefined or get_args(name.annotation) != (name.default,):
        raise PluginError(f'{title} needs its name as a field: name: Literal["my_name"] = "my_name"')
    if not re.fullmatch(NAME, str(name.default)):
        raise PluginError(f"{title} is called '{name.default}'; expected a letter, then letters, digits, _ and -")


def _check_model(model: type[BaseModel]) -> None:
    """A model that a recipe fills in does not change, and ignores nothing."""
    if not model.model_config.get("frozen") or model.model_config.get("extra") != "forbid":
        raise PluginError(
            f"{model.__qualname__} could change or ignore what a recipe says; "
            'it needs model_config = ConfigDict(frozen=True, extra="forbid")'
        )


def _check_type(place: str, annotation: Any, *, chosen_by_name: bool = False) -> None:
    """Hold the type of a field, and the types in it, against what a recipe can say without doubt.

    Args:
        place: What the message calls it.
        annotation: The type.
        chosen_by_name: A union's members are told apart by their `name`.
    """
    annotation = getattr(annotation, "__value__", annotation)  # what `type X = …` stands for
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is Any or annotation is object:
        raise PluginError(f"{place} may be anything; say what a recipe can write there: int, float, str, tuple, …")
    if origin is Annotated:
        marks = (getattr(mark, "discriminator", None) for mark in arguments[1:])
        _check_type(place, arguments[0], chosen_by_name="name" in marks)
    elif origin in UNIONS:
        _check_union(place, [each for each in arguments if each is not type(None)], chosen_by_name=chosen_by_name)
    elif origin is tuple:
        for argument in arguments:
            if argument is not ...:
                _check_type(place, argument)
    elif isinstance(annotation if origin is None else origin, type):
        _check_class(place, annotation, origin)
    elif origin is not Literal:
        raise _unwritable(place, annotation)


def _check_union(place: str, members: Sequence[Any], *, chosen_by_name: bool) -> None:
    if len(members) > 1 and not chosen_by_name:
        either = " or ".join(_words(member) for member in members)
        raise PluginError(
            f"{place} is {either}, so a value may fit both; use one type (| None is fine), "
            'or models that are told apart by a name: Field(discriminator="name")'
        )
    for member in members:
        _check_type(place, member, chosen_by_name=chosen_by_name)


def _check_class(place: str, annotation: Any, origin: type | None) -> None:
    kind: type = origin or annotation
    if issubclass(kind, MUTABLE):
        raise PluginError(f"{place} is a {kind.__name__}, which can change; use tuple[…, ...]")
    if origin is not None:
        raise _unwritable(place, annotation)
    if issubclass(kind, BaseModel):
        _check_model(kind)
        for field, info in kind.model_fields.items():
            named = info.discriminator == "name"
            _check_type(f"{kind.__qualname__}.{field}", info.annotation, chosen_by_name=named)


def _unwritable(place: str, annotation: Any) -> PluginError:
    return PluginError(f"{place} is {_words(annotation)}, which a recipe cannot write; use int, float, str, tuple, …")


def _words(annotation: Any) -> str:
    plain = isinstance(annotation, type) and get_origin(annotation) is None
    return annotation.__name__ if plain else str(annotation).removeprefix("typing.")


def _check_defaults(component: type[Component]) -> None:
    """Where nothing has to be said, nothing said is a valid component."""
    if any(info.is_required() for info in component.model_fields.values()):
        return
    try:
        component.model_validate({})
    except ValidationError as error:
        raise PluginError(f"{component.__qualname__}'s defaults are not valid: {'; '.join(_faults(error))}") from None


def _faults(error: ValidationError) -> Iterator[str]:
    for each in error.errors():
        where = ".".join(map(str, each["loc"]))
        yield f"{where}: {each['msg']}" if where else each["msg"]


def _check_schema(component: type[Component]) -> None:
    """A field that editors and `gnnrec show` could not describe is none that a recipe can set."""
    try:
        component.model_json_schema()
    except PydanticInvalidForJsonSchema as error:
        raise PluginError(f"{component.__qualname__} has a field that a recipe cannot write: {error}") from None
