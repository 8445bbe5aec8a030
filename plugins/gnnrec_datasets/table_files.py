"""Reads delimited text and Parquet into Arrow tables, and says what is wrong with a file that is no such table."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from gnnrec import DataError
from gnnrec.data.files import find_file
from gnnrec.errors import suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SEPARATORS = {".csv": ",", ".csv.gz": ",", ".tsv": "\t", ".txt": "\t"}
PARQUET = ".parquet"
END = "gnnrec: the end of the table"
"""Stands in every cell of a row added below the last one; if it cannot be read, a quote was never closed."""


@dataclass(frozen=True)
class TableFile:
    """A file that holds one table.

    Attributes:
        path: Where it lies.
        form: Its ending, which says how it is read: one of `SEPARATORS`, or `PARQUET`.
        separator: What stands between cells, where it is text.
    """

    path: Path
    form: str
    separator: str = ","

    @classmethod
    def find(cls, path: str, separator: str | None) -> TableFile:
        """The file at a path.

        Raises:
            DataError: There is none, or its ending is not one that is read.
        """
        place = find_file(path)
        form = next((form for form in (*SEPARATORS, PARQUET) if place.name.lower().endswith(form)), None)
        if form is None:
            known = ", ".join(SEPARATORS)
            raise DataError(f"{place}: a table is a file that ends in {known} or {PARQUET}")
        return cls(place, form, separator or SEPARATORS.get(form, ","))

    @property
    def is_text(self) -> bool:
        """Whether cells are text, which says nothing of their types."""
        return self.form != PARQUET

    @cached_property
    def columns(self) -> list[str]:
        """The names of its columns.

        Raises:
            DataError: The file is empty, cannot be read, or is no table.
        """
        if not self.is_text:
            return list(self._parquet.schema_arrow.names)
        try:
            rows = csv.reader(io.TextIOWrapper(io.BytesIO(self._content), "utf-8-sig"), delimiter=self.separator)
            return next(filter(None, rows))
        except UnicodeDecodeError:
            raise DataError(f"{self.path} is not UTF-8 text; save it as UTF-8") from None
        except csv.Error as error:
            raise DataError(f"{self.path} is no table: {error}") from None

    def require(self, *columns: str) -> None:
        """Make sure of some columns.

        Raises:
            DataError: One is not there, or stands twice.
        """
        for column in columns:
            count = self.columns.count(column)
            if count == 0:
                raise DataError(f"{self.path} has no column '{column}'{self._hint(column)}")
            if count > 1:
                raise DataError(f"{self.path} has {count} columns '{column}'; which one is meant?")

    def read(self, columns: Sequence[str]) -> pa.Table:
        """Some columns of all rows; from text, each cell is text, or missing where there is nothing in it.

        Raises:
            DataError: The file is damaged.
        """
        self.require(*columns)
        return self._read_text(columns) if self.is_text else self._read_parquet(columns)

    def _hint(self, column: str) -> str:
        if self.is_text and len(self.columns) == 1:
            other = next((each for each in ",;\t|" if each in self.columns[0]), None)
            if other is not None:
                return f"; its only column is {self.columns[0]!r}: is dataset.separator {other!r}?"
        named = [name for name in self.columns if name]
        return suggestion(column, named) if named else ""

    @cached_property
    def _content(self) -> bytes:
        """The text, unpacked."""
        try:
            content = self.path.read_bytes()
            if content and self.form.endswith(".gz"):
                content = gzip.decompress(content)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise DataError(f"{self.path} is no gzip archive, or is cut short: {error}") from None
        except OSError as error:
            raise DataError(f"{self.path} cannot be read: {error.strerror}") from None
        if not content or content.isspace():
            raise DataError(f"{self.path} is empty")
        if b"\0" in content:
            raise DataError(f"{self.path} is not UTF-8 text; save it as UTF-8")
        return content

    def _read_text(self, columns: Sequence[str]) -> pa.Table:
        malformed: list[Any] = []

        def keep(row: Any) -> Literal["skip"]:
            malformed.append(row)
            return "skip"

        end = self.separator.join([END] * len(self.columns))
        # One thread: rows are numbered only then, and two were no faster.
        try:
            table = pa_csv.read_csv(
                io.BytesIO(self._content + f"\n{end}\n".encode()),
                read_options=pa_csv.ReadOptions(use_threads=False),
                parse_options=pa_csv.ParseOptions(
                    delimiter=self.separator, newlines_in_values=True, invalid_row_handler=keep
                ),
                convert_options=pa_csv.ConvertOptions(
                    include_columns=list(columns),
                    column_types=dict.fromkeys(columns, pa.large_string()),
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid as error:
            raise DataError(f"{self.path} {_reason(error)}") from None
        if not len(table) or table[columns[0]][-1].as_py() != END:
            row = malformed[-1].number - 1 if malformed else len(table)
            raise DataError(f"{self.path} is no table: a quote that opens in row {row} is never closed")
        if malformed:
            first = malformed[0]
            raise DataError(
                f"{self.path}: {len(malformed)} rows do not have the {first.expected_columns} cells of the header; "
                f"row {first.number - 1} has {first.actual_columns}: {shown(first.text)}"
            )
        return table.slice(0, len(table) - 1)

    @cached_property
    def _parquet(self) -> pa_parquet.ParquetFile:
        try:
            if not self.path.stat().st_size:
                raise DataError(f"{self.path} is empty")
            return pa_parquet.ParquetFile(self.path, page_checksum_verification=True)
        except pa.ArrowException as error:
            raise DataError(f"{self.path} is no Parquet file: {_first_line(error)}") from None
        except OSError as error:
            raise DataError(f"{self.path} cannot be read: {error.strerror or _first_line(error)}") from None

    def _read_parquet(self, columns: Sequence[str]) -> pa.Table:
        try:
            return self._parquet.read(list(columns))
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{self.path} is a damaged Parquet file: {_first_line(error)}") from None


def shown(value: object) -> str:
    """A cell as a message shows it.

    >>> shown("good"), shown(None), shown(1.5)
    ("'good'", 'nothing', '1.5')
    """
    text = "nothing" if value is None else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - what fits on a line


def _reason(error: pa.ArrowInvalid) -> str:
    text = _first_line(error)
    if "UTF8" in text:
        return "is not UTF-8 text; save it as UTF-8"
    if "straddl" in text:  # a cell larger than a block of a mebibyte
        return "is no table: it has a cell of more than a million characters; is a quote never closed?"
    return f"is no table: {text}"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
