"""What the OpenAPI says of each route: its bodies, with all their bounds, and its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gnnrec.serving import bodies, problems

if TYPE_CHECKING:
    from fastapi import FastAPI
    from pydantic.json_schema import JsonSchemaMode

_REFERENCE = "#/components/schemas/{model}"


def route(
    answer: type[BaseModel], body: type[BaseModel] | None = None, *, status: int = 200, errors: tuple[int, ...]
) -> dict[str, Any]:
    """What FastAPI is told of a route that reads and writes its bodies itself.

    Args:
        answer: What it answers.
        body: What it takes; None for nothing.
        status: What it answers with.
        errors: What it answers with otherwise, beside what all do.
    """
    about = {status: {"description": answer.__doc__, "content": {"application/json": {"schema": _reference(answer)}}}}
    wrong = {"application/problem+json": {"schema": _reference(problems.ProblemSaid)}}
    for code in sorted({*errors, 401, 500, 503, *((400, 408, 413, 415, 422) if body else ())}):
        about[code] = {"description": problems.TITLES[code], "content": wrong}
    said: dict[str, Any] = {"responses": about, "status_code": status}
    if body is not None:
        content = {"application/json": {"schema": _reference(body)}}
        said["openapi_extra"] = {"requestBody": {"required": body is not bodies.ReloadBody, "content": content}}
    return said


def openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI of the application."""
    said = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = said.setdefault("components", {})
    components["schemas"] = _schemas()
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    said["security"] = [{"token": []}, {}]
    return said


def _schemas() -> dict[str, Any]:
    known: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (model, "validation" if issubclass(model, bodies.Body) else "serialization")
        for model in (*vars(bodies).values(), problems.ProblemSaid)
        if isinstance(model, type) and issubclass(model, BaseModel) and model not in {BaseModel, bodies.Body}
    ]
    _, schema = models_json_schema(known, ref_template=_REFERENCE)
    schemas: dict[str, Any] = schema["$defs"]
    schemas["AskBody"]["oneOf"] = [{"required": ["user"]}, {"required": ["history"]}]
    return schemas


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=model.__name__)}
