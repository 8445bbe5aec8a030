"""Reads one atomic file: a header of `name:type`, and cells of these types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from gnnrec import DataError
from gnnrec.errors import suggestion
from gnnrec_datasets.table_columns import Column
from gnnrec_datasets.table_files import Origin
from gnnrec_datasets.table_text import Layout, TextFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gnnrec_datasets.atomic_fields import AtomicFields

TYPES = ("token", "token_seq", "float", "float_seq")


@dataclass(frozen=True)
class AtomicFile:
    """An atomic file.

    Attributes:
        path: Where it is.
        atomic: What the recipe says of it.
    """

    path: Path
    atomic: AtomicFields

    @cached_property
    def types(self) -> dict[str, str]:
        """The type of each column, by name.

        Raises:
            DataError: The header does not say it, says an unknown one, or names a column twice.
        """
        found: dict[str, str] = {}
        for cell in self._file.columns:
            name, colon, kind = cell.rpartition(":")
            if not colon or kind not in TYPES:
                raise DataError(
                    f"{self.path}:1: a column of an atomic file says its type, as in 'user_id:token'; got {cell!r}; "
                    f"types are {', '.join(TYPES)}"
                )
            if name in found:
                raise DataError(f"{self.path}:1: column '{name}' stands twice")
            found[name] = kind
        return found

    def require(self, *names: str) -> None:
        """Make sure of some columns.

        Raises:
            DataError: One is not there.
        """
        for name in names:
            if name not in self.types:
                raise DataError(f"{self.path} has no column '{name}'{suggestion(name, self.types)}")

    def columns(self, names: Sequence[str]) -> dict[str, Column]:
        """Some columns by name, whose cells are text.

        Raises:
            DataError: One is not there, or the file is damaged.
        """
        self.require(*names)
        cells = self._file.read([f"{name}:{self.types[name]}" for name in names])
        origin, fields = Origin(str(self.path), ((self.path, len(cells)),)), type(self.atomic).model_fields
        return {name: Column(cells[f"{name}:{self.types[name]}"], name, origin, fields) for name in names}

    def typed(self, column: Column) -> pd.Series[Any]:
        """A column's cells by its type: text, lists of text, numbers, lists of numbers; missing where one is empty.

        Raises:
            DataError: A cell is no number, and the column is to hold numbers.
        """
        kind, text = self.types[column.name], as_text(column)
        if kind == "token":
            return text
        if kind == "token_seq":
            return text.str.split()
        if kind == "float":
            return self._numbers(text, column.name)
        numbers = self._numbers(text.str.split().explode(), column.name)
        return numbers.groupby(level=0).agg(list).where(text.notna())

    def _numbers(self, text: pd.Series[Any], name: str) -> pd.Series[Any]:
        numbers = pd.to_numeric(text, errors="coerce")
        bad = text.notna() & ~np.isfinite(numbers)
        if bad.any():
            first = text[bad].index[0]
            raise DataError(
                f"{self.path}: {bad.sum()} cells of column '{name}' are to be numbers and are none; "
                f"row {first + 1} has {text[bad].iloc[0]!r}"
            )
        return numbers

    @cached_property
    def _file(self) -> TextFile:
        return TextFile(self.path, Layout(separator="\t", quote=self.atomic.quote, encoding=self.atomic.encoding))


def joined(columns: Sequence[Column], source: str) -> Column:
    """The same column of several files as one; `source` is what they are called together."""
    first = columns[0]
    parts = tuple(part for each in columns for part in each.origin.parts)
    cells = pa.chunked_array([chunk for each in columns for chunk in each.cells.chunks], first.cells.type)
    return replace(first, cells=cells, origin=Origin(source, parts))


def as_text(column: Column) -> pd.Series[Any]:
    """The cells without blanks around them; missing where there is nothing."""
    return column.plain.to_pandas()
