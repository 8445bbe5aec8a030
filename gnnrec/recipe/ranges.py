"""Ranges as they are written, in a recipe's `tune` or with -t: `16..256:log`, or values with commas between."""

from __future__ import annotations

from typing import Any

from gnnrec.contract.tuned import Tuned, TunedAmong
from gnnrec.recipe.faults import RecipeError
from gnnrec.recipe.nodes import read_yaml

EXPECTED = "expected LOW..HIGH, LOW..HIGH:log, or values with commas between"


def read_range(written: Any) -> Tuned | TunedAmong:
    """A range, or the values to choose from, which may be a list as well.

    Raises:
        ValueError: It is none; the message says what was expected.

    >>> read_range("16..256:log")
    Tuned(low=16, high=256, log=True)
    >>> read_range("bpr, softmax")
    TunedAmong(choices=('bpr', 'softmax'))
    >>> read_range([1, None])
    TunedAmong(choices=(1, None))
    """
    if isinstance(written, Tuned | TunedAmong):
        return written
    if isinstance(written, list | tuple):
        return TunedAmong(tuple(_plain(each, written) for each in written))
    if not isinstance(written, str):
        raise ValueError(f"{EXPECTED}; got {written!r}")  # noqa: TRY004 - of what is written, not of a call
    low, dots, rest = written.partition("..")
    if not dots:
        return TunedAmong(tuple(_plain(_value(each, written), written) for each in written.split(",")))
    high, colon, scale = rest.partition(":")
    if colon and scale.strip() != "log":
        raise ValueError(f"{EXPECTED}; got ':{scale}' at the end of '{written}'")
    return Tuned(_number(low, written), _number(high, written), log=bool(colon))


def _value(text: str, written: str) -> Any:
    try:
        if text.strip():
            return read_yaml(text.strip(), written).plain()
        raise ValueError(f"{EXPECTED}; got '{written}'")
    except RecipeError:
        raise ValueError(f"{EXPECTED}; got '{written}'") from None


def _plain(value: Any, written: Any) -> str | int | float | bool | None:
    if value is not None and not isinstance(value, str | int | float | bool):
        raise ValueError(f"{EXPECTED}, each of them text or a number; got {written!r}")
    return value


def _number(text: str, written: str) -> float:
    value = _value(text, written)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{EXPECTED}; '{text.strip()}' in '{written}' is no number")  # noqa: TRY004 - as above
    return value
