"""How a field is tuned: the range, or the choices, that a search looks in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel

Plain = str | int | float | bool | None
"""A value that a recipe writes and a search can take."""


class _AsWritten:
    """Equal where written alike: Python keeps the first of two equal `Annotated`, and a field may take 1 but no 1.0."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))


@dataclass(frozen=True, eq=False)
class Tuned(_AsWritten):
    """A range; both ends belong to it.

    Attributes:
        low: The least value.
        high: The greatest. Where both are whole numbers, and the field takes them, so are all values between.
        log: Values are drawn evenly over orders of magnitude, and not over the range.

    Raises:
        ValueError: There is nothing between the ends, or no logarithm of them.

    >>> str(Tuned(16, 256, log=True))
    '16..256:log'
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"there is nothing between {self.low:g} and {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"{self.low:g} has no logarithm; a range with :log begins above 0")

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}{':log' if self.log else ''}"


@dataclass(frozen=True, eq=False)
class TunedAmong(_AsWritten):
    """Some values, none of them before or after another: `TunedAmong(("mean", "learned"))`.

    Raises:
        ValueError: There are none, or one twice.

    >>> str(TunedAmong(("bpr", None)))
    'bpr, nothing'
    """

    choices: tuple[Plain, ...]

    def __post_init__(self) -> None:
        if not self.choices:
            raise ValueError("there is nothing to choose from")
        if len(set(map(repr, self.choices))) < len(self.choices):
            raise ValueError(f"{self} names one value twice")

    def __str__(self) -> str:
        return ", ".join("nothing" if each is None else str(each) for each in self.choices)


def tuned_fields(model: type[BaseModel]) -> dict[str, Tuned | TunedAmong]:
    """What a model, such as a component, says of how its fields are tuned, by field."""
    return {
        name: mark
        for name, info in model.model_fields.items()
        for mark in info.metadata
        if isinstance(mark, Tuned | TunedAmong)
    }
