"""A request read and its answer written; whatever goes wrong between becomes a problem that the client is told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gnnrec.errors import GnnrecError, UsageError
from gnnrec.serving.answers import Unknown
from gnnrec.serving.backend import Refused
from gnnrec.serving.bodies import Body
from gnnrec.serving.errors import StoreError
from gnnrec.serving.problems import Problem, not_known, wrong

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.requests import Request

Model = TypeVar("Model", bound=Body)
Given = TypeVar("Given")

logger = logging.getLogger("gnnrec")


async def ended(given: Awaitable[Given]) -> Given:
    """What is awaited, or the problem that ended it."""
    try:
        return await given
    except Unknown as error:
        raise not_known(error) from None
    except UsageError as error:
        raise Problem(422, str(error)) from None
    except Refused as error:
        raise Problem(409, str(error)) from None
    except StoreError as error:
        logger.warning("the store: %s", error)
        told = "the store is busy" if error.retry else "the store cannot do it; the server's log says why"
        raise Problem(503, told, retry_after=1 if error.retry else 30) from None
    except GnnrecError as error:
        logger.warning("a request failed: %s", error)
        raise Problem(500, "the server's log says why") from None


async def read(request: Request, model: type[Model], missing: bytes = b"") -> Model:
    """What a request says."""
    body = await request.body() or missing
    kind = request.headers.get("content-type", "")
    if body is not missing and kind.partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, f"expected content-type: application/json, got {kind[:100] or 'none'}")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise wrong(error.errors(include_url=False), "body") from None


def json_answer(body: bytes, status: int = 200) -> Response:
    """An answer that is JSON already."""
    return Response(body, status, media_type="application/json")


async def _answer_problem(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)  # noqa: S101 - what it is registered for
    return problem.response()


async def _answer_wrong_query(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    return wrong(error.errors(), "").response()


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    told = {
        404: "expected a path of the API; /openapi.json has them",
        405: f"expected another method, got {request.method}",
    }
    problem = Problem(error.status_code, told.get(error.status_code, "the request cannot be read"))
    problem.headers |= error.headers or {}
    return problem.response()


async def _answer_unforeseen(_request: Request, _error: Exception) -> Response:
    return Problem(500, "the server's log says why", closing=True).response()  # where it was raised is told to the log


ERRORS: dict[type[Exception], Any] = {
    Problem: _answer_problem,
    RequestValidationError: _answer_wrong_query,
    HTTPException: _answer_http,
    Exception: _answer_unforeseen,
}
"""What answers each error that a route, or FastAPI before it, ends with."""
