"""What an answer says that went wrong: RFC 9457, with what was expected and what was got, and nothing of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

    from gnnrec.serving.answers import Unknown

MEDIA = "application/problem+json"

SHOWN = 10
"""How many faults an answer names."""

LONGEST_SHOWN = 80
"""Characters of a value that is shown again."""

TITLES = {
    400: "The request cannot be read",
    401: "A token is needed",
    404: "There is no such thing",
    405: "The method is another",
    408: "The request came too slowly",
    409: "The run is not taken over",
    413: "The request is too large",
    415: "The request is no JSON",
    422: "The request says something wrong",
    500: "The server failed",
    503: "Not now",
}


class FaultSaid(BaseModel):
    """One thing that is wrong."""

    where: str = Field(description="Its place in the request.")
    expected: str
    got: str


class ProblemSaid(BaseModel):
    """What went wrong."""

    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    errors: list[FaultSaid] | None = Field(None, description="What was expected and got, place by place.")
    nearest: list[int | str] | None = Field(None, description="Ids that are known and look like the one that is not.")


class Problem(Exception):  # noqa: N818 - its name in RFC 9457
    """Ends a request.

    Args:
        status: Of HTTP.
        detail: What went wrong, in a sentence.
        faults: Where, what was expected, and what was got.
        nearest: Ids that were perhaps meant.
        retry_after: Seconds after which the same may do.
        closing: Whether the connection ends with it, as what was sent is not read.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        faults: Sequence[Mapping[str, str]] = (),
        nearest: Sequence[int | str] = (),
        retry_after: int | None = None,
        closing: bool = False,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = faults
        self.nearest = nearest
        self.headers = {
            **({} if retry_after is None else {"retry-after": str(retry_after)}),
            **({"www-authenticate": "Bearer"} if status == 401 else {}),  # noqa: PLR2004 - HTTP's own number
            **({"connection": "close"} if closing else {}),
        }

    def response(self) -> Response:
        """The answer."""
        said: dict[str, Any] = {"title": TITLES.get(self.status, "HTTP"), "status": self.status, "detail": self.detail}
        if self.faults:
            said["errors"] = self.faults
        if self.nearest:
            said["nearest"] = self.nearest
        return Response(to_json(said), self.status, self.headers, MEDIA)


def fault(where: str, expected: str, got: str) -> Problem:
    """One thing is wrong in a request that can be read."""
    return Problem(
        422, f"{where}: expected {expected}, got {got}", faults=[{"where": where, "expected": expected, "got": got}]
    )


def not_known(error: Unknown) -> Problem:
    """An id is not known."""
    said = {"where": error.kind, "expected": f"an id of {error.kind}s that are known", "got": shown(error.id)}
    return Problem(404, str(error), faults=[said], nearest=error.nearest)


def wrong(errors: Sequence[ErrorDetails], where: str) -> Problem:
    """A request does not say what it should."""
    errors = [each for each in errors if not _follows(each, errors)]
    faults = [_fault(each, where) for each in errors[:SHOWN]]
    if errors[0]["type"] == "json_invalid":
        return Problem(400, f"expected JSON in UTF-8: {_reason(errors[0])}", faults=faults)
    first = faults[0]
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return Problem(422, f"{first['where']}: expected {first['expected']}, got {first['got']}{more}", faults=faults)


def _fault(error: ErrorDetails, where: str) -> dict[str, str]:
    place = ".".join([*filter(None, [where]), *(str(each) for each in error["loc"] if _is_place(each))])
    if error["type"] == "json_invalid":
        return {"where": where, "expected": "JSON in UTF-8", "got": _reason(error)}
    if error["type"] == "missing":
        return {"where": place, "expected": "a value", "got": "none"}
    if error["type"] == "extra_forbidden":
        return {"where": place, "expected": "no such key", "got": "one"}
    expected = error["msg"].removeprefix("Value error, ")
    expected = expected[expected.find(" should ") + len(" should ") :] if " should " in expected else expected
    return {
        "where": place,
        "expected": expected.removeprefix("be ").removeprefix("have "),
        "got": shown(error["input"]),
    }


def _follows(error: ErrorDetails, others: Sequence[ErrorDetails]) -> bool:
    """Whether a list is too short only as an entry of it is wrong."""
    place = error["loc"]
    return error["type"] == "too_short" and any(
        len(each["loc"]) > len(place) and each["loc"][: len(place)] == place for each in others
    )


def _is_place(part: int | str) -> bool:
    """Whether a part of a location is the request's own, and no name of one of several types."""
    return isinstance(part, int) or part.isidentifier()


def _reason(error: ErrorDetails) -> str:
    return error["msg"].removeprefix("Invalid JSON: ")


def shown(value: object) -> str:
    """A value of a request, as an answer shows it again.

    >>> shown(7), shown("7"), shown(True), shown([1, 2, 3]), shown(10**40)
    ('7', "'7'", 'true', 'a list of 3', '10000000000000000000000000000000000000000')
    """
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case list() | tuple():
            return f"a list of {len(value)}"
        case dict():
            return f"an object of {len(value)}"
        case int() if abs(value) >= 10**LONGEST_SHOWN:
            return "a larger number"
    told = repr(value)
    return told if len(told) <= LONGEST_SHOWN else f"{told[:LONGEST_SHOWN]}…"
