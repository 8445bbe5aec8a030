"""Tables of original ids that somebody hands in beside the data: what is to be judged, or who is to be asked."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pandas as pd

from gnnrec.data.files import find_file
from gnnrec.errors import DataError, suggestion

if TYPE_CHECKING:
    from pathlib import Path

PARQUET = ".parquet"
ENDINGS = (".csv", ".csv.gz", PARQUET)
"""Of files that are read."""

LINES = ".txt"
"""Of a file with an id in each line, and nothing else."""


def is_id_table(text: str) -> bool:
    """Whether it is the name of a file that `read_id_table` reads."""
    return text.lower().endswith(ENDINGS)


def read_id_lines(path: str | Path, column: str) -> pd.DataFrame:
    """A file with an id in each line, as a table with one column; empty lines are none.

    Args:
        path: See `find_file`.
        column: What the table calls them.

    Raises:
        DataError: There is no such file, or it is no text.
    """
    file = find_file(path)
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read: {error}") from None
    return pd.DataFrame({column: [line.strip() for line in lines if line.strip()]}, dtype=object)


def read_id_table(path: str | Path, holds: str, *columns: str, named_by: str = "") -> pd.DataFrame:
    """A table with columns of ids, by the file's ending; in text, ids are text.

    Args:
        path: See `find_file`.
        holds: What the file holds, for messages.
        columns: Those that it must have.
        named_by: See `find_file`.

    Raises:
        DataError: There is no such file, it cannot be read, or it lacks a column.
    """
    if not is_id_table(str(path)):
        raise DataError(f"{path}: {holds} are in a file that ends in {', '.join(ENDINGS)}")
    file = find_file(path, named_by)
    try:
        if file.name.lower().endswith(PARQUET):
            table = pd.read_parquet(file)
        else:
            table = pd.read_csv(file, dtype={"user": str, "item": str})
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise DataError(f"{file} cannot be read: {error}") from None
    for column in columns:
        if column not in table:
            raise DataError(f"{file} has no column '{column}'{suggestion(column, map(str, table.columns))}")
    return table
