"""Finds the files of a table, one or many, and reads them as one."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gnnrec import DataError
from gnnrec.data.files import find_file, places
from gnnrec.errors import suggestion
from gnnrec_datasets.table_folders import said_by_folders, with_said
from gnnrec_datasets.table_parquet import ParquetFile
from gnnrec_datasets.table_text import LIKELY, Layout, TextFile
from gnnrec_datasets.table_words import BLANKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

logger = logging.getLogger("gnnrec")

NOT_READ = {
    (".xlsx", ".xls", ".ods"): "save its sheet as CSV, or in Python: "
    "pandas.read_excel({name!r}).to_parquet('table.parquet')",
    (".json", ".jsonl", ".ndjson"): "in Python: pandas.read_json({name!r}, lines=True).to_parquet('table.parquet')",
    (".feather", ".arrow"): "in Python: pandas.read_feather({name!r}).to_parquet('table.parquet')",
    (".pkl", ".pickle", ".npy", ".npz", ".h5", ".hdf5", ".mat", ".db", ".sqlite", ".sql", ".xml", ".html"): (
        "write the table as CSV or Parquet, and name that"
    ),
}
"""Endings of files that are no text, though some people keep tables in them, and what to do about it."""


@dataclass(frozen=True)
class Origin:
    """Where the rows of a table come from.

    Attributes:
        name: What messages call the whole.
        parts: Each file, and how many rows it has.
        rows: int64 [n], which of them are meant; None for all.
    """

    name: str
    parts: tuple[tuple[Path, int], ...]
    rows: npt.NDArray[np.int64] | None = None

    def keep(self, chosen: npt.NDArray[np.bool_]) -> Origin:
        """Those rows alone, under their old numbers."""
        return replace(self, rows=np.flatnonzero(chosen) if self.rows is None else self.rows[chosen])

    def row(self, at: int) -> str:
        """A row in words, counted from 1 in its file."""
        number = at if self.rows is None else int(self.rows[at])
        for path, count in self.parts:
            if number < count:
                return f"row {number + 1}" + (f" of {path}" if len(self.parts) > 1 else "")
            number -= count
        return f"row {number + 1}"


@dataclass(frozen=True)
class TableFiles:
    """One table in one or several files.

    Attributes:
        name: What messages call it.
        files: Each holds the same columns, as far as they are read.

    Raises:
        DataError: Some are text and some are Parquet.
    """

    name: str
    files: tuple[TextFile | ParquetFile, ...]

    def __post_init__(self) -> None:
        if len({type(each) for each in self.files}) > 1:
            one, other = (
                next(each.path for each in self.files if isinstance(each, kind)) for kind in (TextFile, ParquetFile)
            )
            raise DataError(f"{self.name}: {one} is text and {other} is Parquet; give files of one kind")

    @classmethod
    def find(cls, path: str, layout: Layout, field: str) -> TableFiles:
        """The files at a path: one file, all in a folder, or all that match a pattern.

        Args:
            path: As it was written.
            layout: How text is laid out in them.
            field: The field of the dataset that names the path, for messages.

        Raises:
            DataError: There is none, or one is of a kind that is not read.
        """
        found = _paths(path, f"dataset.{field}")
        files = tuple(ParquetFile(each) if ParquetFile.is_one(each) else _text(each, layout) for each in found)
        return cls(str(found[0]) if len(found) == 1 else path, files)

    def joined(self, *others: TableFiles) -> TableFiles:
        """These and others as one table, called as this one is.

        Raises:
            DataError: They are not of one kind.
        """
        return TableFiles(self.name, tuple(file for each in (self, *others) for file in each.files))

    @property
    def columns(self) -> list[str]:
        """The names of the columns, and after them of those that folders are called by."""
        return _columns(self.files[0])

    def require(self, *columns: str) -> None:
        """Make sure of some columns, in each file.

        Raises:
            DataError: One is not there, or stands twice.
        """
        for file in self.files:
            for column in columns:
                count = _columns(file).count(column)
                if count == 0:
                    raise DataError(f"{file.path} has no column '{column}'{_hint(file, column)}")
                if count > 1:
                    raise DataError(f"{file.path} has {count} columns '{column}'; which one is meant?")

    def read(self, columns: Sequence[str], likely: Mapping[str, pa.DataType] | None = None) -> tuple[pa.Table, Origin]:
        """Some columns of all rows, and where these come from.

        Args:
            columns: Their names.
            likely: Of some columns the types of their cells, which they have in text files if all cells can have them.

        Raises:
            DataError: A column is not there, a file is damaged, or a column is of different types in two of them.
        """
        self.require(*columns)
        for file in self.files:
            _warn_of_numbers(file, columns)
        tables = [_read(file, columns, likely) for file in self.files]
        if any(not table.schema.equals(tables[0].schema) for table in tables):
            tables = [_read(file, columns, None) for file in self.files]
        origin = Origin(
            self.name, tuple((file.path, len(table)) for file, table in zip(self.files, tables, strict=True))
        )
        try:
            return pa.concat_tables(tables, promote_options="permissive"), origin
        except pa.ArrowException:
            raise DataError(f"{self.name}: {self._difference(tables)}; write it alike in all files") from None

    def _difference(self, tables: Sequence[pa.Table]) -> str:
        """Of which column the types do not go together."""
        first = tables[0].schema
        for file, table in zip(self.files, tables, strict=True):
            for field in table.schema:
                if str(field.type) != str(first.field(field.name).type):
                    theirs = first.field(field.name).type
                    return (
                        f"column '{field.name}' holds {theirs} in {self.files[0].path} and {field.type} in {file.path}"
                    )
        return "the files do not go together"


def _columns(file: TextFile | ParquetFile) -> list[str]:
    own = file.columns
    return own + [name for name in said_by_folders(file.path) if name not in own]


def _read(file: TextFile | ParquetFile, columns: Sequence[str], likely: Mapping[str, pa.DataType] | None) -> pa.Table:
    """Some columns, whether they stand in the file or in its folders' names."""
    own = [name for name in dict.fromkeys(columns) if name in file.columns]
    if not own:  # what it is about stands in folders alone
        own = file.columns[:1]
    return with_said(file.read(own, likely), columns, said_by_folders(file.path))


def _paths(path: str, key: str) -> list[Path]:
    try:
        for place in places(path):
            if place.is_dir():
                within = (each for each in place.rglob("*") if each.is_file())
                found = sorted(each for each in within if not _hidden(each.relative_to(place)))
                if not found:
                    raise DataError(f"{place} is a folder without files")
                return found
            if set(path) & set("*?[") and not place.exists():
                pattern = place.relative_to(place.anchor)
                found = sorted(each for each in Path(place.anchor).glob(str(pattern)) if each.is_file())
                if found:
                    return found
    except (OSError, ValueError, RuntimeError):
        pass  # find_file says it
    return [find_file(path, key)]


def _hidden(path: Path) -> bool:
    """What programs put beside their tables: `_SUCCESS`, `.part-0.crc`."""
    return any(part.startswith((".", "_")) for part in path.parts)


def _text(path: Path, layout: Layout) -> TextFile:
    ending = path.suffix.lower()
    for endings, remedy in NOT_READ.items():
        if ending in endings:
            raise DataError(
                f"{path}: a table is text (.csv, .tsv, …), packed or not, or Parquet; {ending} is not read: "
                + remedy.format(name=path.name)
            )
    return TextFile(path, layout)


def _warn_of_numbers(file: TextFile | ParquetFile, columns: Sequence[str]) -> None:
    """A column that is called by a number is likely one of a file without a header."""
    number = next((name for name in columns if name.isdecimal()), None)
    if number is not None and isinstance(file, TextFile) and file.layout.columns is None:
        logger.warning(
            "%s: its first row, in which '%s' stands, is taken as a header; if it is none, name the columns in "
            "dataset.%s",
            file.path,
            number,
            file.layout.field,
        )


def _hint(file: TextFile | ParquetFile, column: str) -> str:
    names = [name for name in _columns(file) if name]
    if len(file.columns) == 1:
        other = next((each for each in LIKELY if each.replace(BLANKS, " ") in file.columns[0]), None)
        if other is not None:
            word = {"\t": "tab", BLANKS: "blanks"}.get(other, repr(other))
            return f"; its only column is {file.columns[0]!r}: is dataset.separator {word}?"
    if isinstance(file, TextFile) and file.looks_headerless:
        example = {"columns": "user, item, rating, time", "items_columns": "item, title, genres"}
        return (
            f"; its first row is {', '.join(names[:5])}: if that is no header, name the columns in their order, such "
            f"as dataset.{file.layout.field}: [{example.get(file.layout.field, 'user, age')}]{_lists(file, names)}"
        )
    return suggestion(column, names) if names else ""


def _lists(file: TextFile, first: Sequence[str]) -> str:
    """What else a first row of nothing but whole numbers may be."""
    numbers = all(cell.isdecimal() for cell in first)
    blank = file.separator.isspace() or file.separator == BLANKS
    return "; if it is a user and then their items, it is a dataset adjacency_list" if numbers and blank else ""
