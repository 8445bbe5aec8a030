"""Moments as recipes write them."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil
from typing import Annotated

from pydantic import AfterValidator


def seconds_of(text: str) -> int:
    """Seconds since 1970, rounded up, of an ISO 8601 date or time; in UTC where it names no zone.

    >>> seconds_of("2000-02-29"), seconds_of("2000-02-29T01:00:00+01:00")
    (951782400, 951782400)

    Raises:
        ValueError: It is neither.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"expected an ISO 8601 date or time such as 2024-05-31 or 2024-05-31T18:00:00+02:00, got {text!r}"
        ) from None
    return ceil((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _checked(text: str) -> str:
    seconds_of(text)
    return text


Moment = Annotated[str, AfterValidator(_checked)]
"""An ISO 8601 date or time as a component's field."""
