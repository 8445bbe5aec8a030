"""What a component may say of how its fields are tuned: values that a recipe could write, the default among them."""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import PydanticUndefined

from gnnrec.contract.tuned import Tuned, TunedAmong, tuned_fields
from gnnrec.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

    from gnnrec.contract.component import Component


def check_tuned(component: type[Component]) -> None:
    """Hold the ranges and choices of a component's own fields against their types, bounds and defaults.

    Raises:
        PluginError: A field has two of them, or does not take an end or a choice, or has a default that is left out.
    """
    for field, mark in tuned_fields(component).items():
        place, info = f"{component.__qualname__}.{field}", component.model_fields[field]
        marks = [each for each in info.metadata if isinstance(each, Tuned | TunedAmong)]
        if len(marks) > 1:
            raise PluginError(f"{place} is tuned in two ways, {marks[0]} and {marks[1]}; leave one of them out")
        where = f"within {mark}" if isinstance(mark, Tuned) else f"among {mark}"
        for value in (mark.low, mark.high) if isinstance(mark, Tuned) else mark.choices:
            fault = _fault(component, field, value)
            if fault is not None:
                raise PluginError(
                    f"{place} is tuned {where}, but does not take {json.dumps(value)}: {fault}; "
                    "keep to what its type and bounds take"
                )
        default = info.default.value if isinstance(info.default, Enum) else info.default
        if default is None or default is PydanticUndefined:
            continue  # nothing says where a search would best begin
        if not (mark.low <= default <= mark.high if isinstance(mark, Tuned) else default in mark.choices):
            raise PluginError(
                f"{place} is tuned {where}, which leaves out its default, {json.dumps(default)}; take that in too"
            )


def refuse_inner(place: str, marks: Iterable[Any]) -> None:
    """A part of a type, as a member of a union, is not tuned by itself.

    Raises:
        PluginError: `marks`, what an `Annotated` within the field's type holds, say that it is.
    """
    if any(isinstance(each, Tuned | TunedAmong) for each in marks):
        raise PluginError(
            f"{place} says how it is tuned within its type, where no search looks; "
            "say it of the whole field: Annotated[… | None, Tuned(…)]"
        )


def refuse_nested(model: type[BaseModel]) -> None:
    """What stands in a component's field is not tuned by itself.

    Raises:
        PluginError: A field of `model` says how it is tuned.
    """
    for field in tuned_fields(model):
        raise PluginError(
            f"{model.__qualname__}.{field} says how it is tuned, but {model.__qualname__} is a part of a component; "
            "a search looks at a component's own fields only, so leave it out"
        )


def _fault(component: type[Component], field: str, value: object) -> str | None:
    """Why a recipe that sets the field alone would be refused because of it; None where it would not."""
    try:
        component.model_validate_json(json.dumps({field: value}), strict=True)  # as recipes are read
    except ValidationError as error:
        return next((each["msg"] for each in error.errors() if each["loc"][:1] == (field,)), None)
    return None
