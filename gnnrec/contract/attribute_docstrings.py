"""What the docstrings below a model's fields say, read from its source when somebody wants to know."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


def attribute_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """The docstring of each field that has one where it is declared last, in the model or a class it derives from.

    Pydantic can read them as a class is made (`use_attribute_docstrings`), which takes as long as making it; and most
    commands ask no field what it means.
    """
    said: dict[str, str] = {}
    for each in reversed(model.__mro__):
        declared = model.model_fields.keys() & vars(each).get("__annotations__", {})
        if declared:
            said = {name: text for name, text in said.items() if name not in declared} | _own(each)
    return {name: text for name, text in said.items() if name in model.model_fields}


def described_by_docstrings(
    model: type[BaseModel], core_schema: CoreSchema, handler: GetJsonSchemaHandler
) -> JsonSchemaValue:
    """A model's JSON Schema, where each field is described by the docstring below it; pydantic calls it as a method."""
    schema = handler(core_schema)
    properties = handler.resolve_ref_schema(schema).get("properties", {})
    for field, text in attribute_docstrings(model).items():
        properties[field].setdefault("description", text)
    return schema


def _own(model: type) -> dict[str, str]:
    try:
        body = ast.parse(dedent(inspect.getsource(model))).body[0]
    except (OSError, TypeError, SyntaxError):  # made without a file, or the file is gone
        return {}
    statements = body.body if isinstance(body, ast.ClassDef) else []
    return {
        field.target.id: inspect.cleandoc(below.value.value)
        for field, below in pairwise(statements)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }
