"""The labels that cells of a table hold: text, whole numbers, booleans, and lists of them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gnnrec import DataError
from gnnrec_features.columns import column_of

if TYPE_CHECKING:
    from collections.abc import Iterable

ELEMENT = r"""(?:'(?:[^'\\\r\n\0]|\\.)*'|"(?:[^"\\\r\n\0]|\\.)*"|-?\d+)"""

WRITTEN_LIST = re.compile(rf"\[\s*(?:{ELEMENT}\s*(?:,\s*{ELEMENT}\s*)*(?:,\s*)?)?\]")
"""A list of text or whole numbers as Python and JSON write it, which is what a list becomes in a CSV file."""

OTHER_LIST = re.compile(r"\[\s*['\"{].*\]", re.DOTALL)
"""What looks like another: of records, or without commas as numpy writes it."""

PLAIN = "labels are text, whole numbers or booleans"

SHOWN = 60
"""Characters of a cell, or of labels, in a message."""


@dataclass(frozen=True)
class Labels:
    """How the labels of a column are read.

    Attributes:
        encoder: Whose they are, for messages.
        column: Of the table.
        separator: What stands between labels where a cell is text; None where a cell is one label.
    """

    encoder: str
    column: str
    separator: str | None

    def of(self, table: pd.DataFrame) -> list[list[str]]:
        """The labels of each row; none where the cell is missing.

        Raises:
            DataError: The table has no such column, or it holds something else than labels.
        """
        return [list(self._read(cell)) for cell in column_of(table, self.column, self.encoder)]

    def _read(self, cell: Any) -> Iterable[str]:
        parts = _parts(cell)
        if self.separator is None:
            if parts is not None:
                raise self._refusal("lists", cell, f"use {{name: multi_hot, column: {self.column}}}")
            parts = [cell]
        elif parts is None:
            if isinstance(cell, str) and OTHER_LIST.fullmatch(cell.strip()):
                raise self._refusal("lists as text that is not read", cell, f"write a{self.separator}b of ['a', 'b']")
            parts = cell.split(self.separator) if isinstance(cell, str) else [cell]
        return filter(None, map(self._label, parts))

    def _label(self, cell: Any) -> str:
        """A label as text, nothing where it is missing: `101` of 101.0, `true` of True and of the text `True`."""
        if isinstance(cell, str):
            text = cell.strip()
            return text.lower() if text in {"True", "False"} else text
        if isinstance(cell, bool | np.bool_):
            return str(cell).lower()
        if isinstance(cell, list | dict | tuple | set | np.ndarray):
            raise self._refusal("lists or records in one another", cell, PLAIN)
        if pd.isna(cell):
            return ""
        if isinstance(cell, Real | Decimal):
            number: Any = cell
            if number % 1 == 0:
                return str(int(number))
            use = f"use {{name: numeric, columns: [{self.column}]}}"
            raise self._refusal("numbers that are not whole", cell, use)
        if isinstance(cell, date | np.datetime64):
            raise self._refusal("dates", cell, "make it a column of years or days, for the encoder numeric")
        raise self._refusal(f"cells of type {type(cell).__name__}", cell, PLAIN)

    def _refusal(self, what: str, cell: object, remedy: str) -> DataError:
        shown = str(cell)[:SHOWN]
        return DataError(f"{self.encoder}: column '{self.column}' holds {what}, such as {shown}; {remedy}")


def _parts(cell: Any) -> Iterable[Any] | None:
    """What is in a list, one that is written as text included; None of anything else."""
    if isinstance(cell, list | tuple | set | np.ndarray):
        return cell
    if not (isinstance(cell, str) and WRITTEN_LIST.fullmatch(cell.strip())):
        return None
    try:
        parts: list[str] = ast.literal_eval(cell.strip())
    except (SyntaxError, ValueError):  # an escape that is none
        return None
    return parts
