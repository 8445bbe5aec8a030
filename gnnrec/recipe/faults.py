"""What is wrong with a recipe, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, order=True)
class Position:
    """A place in a file, counted from 1; or, without a line, a whole file or one `-s` argument."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong.

    >>> str(Fault(Position("a.yaml", 3, 5), "encoder.layers", "expected a whole number, got '2'"))
    "a.yaml:3:5  encoder.layers: expected a whole number, got '2'"
    """

    position: Position
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.position}  {self.path}: {self.message}" if self.path else f"{self.position}  {self.message}"


class RecipeError(UsageError):
    """A recipe is wrong; `faults` holds everything that is wrong with it, in the order of the file."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(map(str, self.faults)))
