"""Words that the fields of a table take, and how they are read."""

from __future__ import annotations

import codecs
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

BLANKS = r"\s+"
"""Runs of blanks, as a separator."""

SPELLED = {"tab": "\t", r"\t": "\t", "space": " ", "blanks": BLANKS, r"\s": BLANKS, r" +": BLANKS}
"""Separators that are named, or written as a shell or a regular expression has them."""

Text = Annotated[str, Field(min_length=1)]

Word = Annotated[str, Field(pattern="^[A-Za-z0-9_]+$")]
"""What a node type, a relation or a behaviour may be called."""


def _separator(value: str) -> str:
    plain = SPELLED.get(value, value)
    if plain != BLANKS and (not plain or any(each in "\"'\r\n" or each.isalnum() for each in plain)):
        raise ValueError(
            "expected what stands between cells, such as ';', '::', tab, space or blanks (one or more), "
            f"and no letters, digits, quotes or line ends, got {value!r}"
        )
    return plain


def _encoding(value: str) -> str:
    try:
        "".encode(value)
        codecs.lookup(value)
    except (LookupError, ValueError):
        raise ValueError(f"expected an encoding such as utf-8, latin-1, cp1251 or utf-16, got {value!r}") from None
    return value


def _time_format(value: str) -> str:
    day = datetime(2024, 5, 31, 18, 45, 59, tzinfo=UTC)
    try:
        same = datetime.strptime(f"{day.strftime(value)} +0000", f"{value} %z").date() == day.date()
    except ValueError:
        same = False
    if not same:
        raise ValueError(f"expected how a day is written, as strptime has it, such as '%d/%m/%Y %H:%M', got {value!r}")
    return value


Separator = Annotated[str, AfterValidator(_separator)]
Encoding = Annotated[str, AfterValidator(_encoding)]
TimeFormat = Annotated[str, AfterValidator(_time_format)]
