"""Tables of original ids that somebody hands in beside the data: what is to be judged, or who is to be asked."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import pandas as pd

from gnnrec.data.cells import NOTHING, ROUNDED, WHOLE_NUMBER
from gnnrec.data.files import find_file
from gnnrec.errors import DataError, suggestion

if TYPE_CHECKING:
    from pathlib import Path

KINDS_OF_IDS = {"string", "integer", "floating", "mixed-integer-float", "decimal", "categorical", "empty"}
"""As pandas calls what a column holds."""

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
    said = pd.Series([line for line in lines if line.strip()], dtype=object)
    return pd.DataFrame({column: _ids(said, column, file)})


def read_id_table(
    path: str | Path, holds: str, *columns: str, named_by: str = "", as_text: bool = False
) -> pd.DataFrame:
    """A table with columns of ids, by the file's ending.

    Ids are as they stand: in text they are text, without blanks around them, nor the `.0` of a column of whole numbers
    that once had a gap. An empty one is none, nor is what programs write for nothing (`NA`, `NULL`, …).

    Args:
        path: See `find_file`.
        holds: What the file holds, for messages.
        columns: Columns of ids that it must have; `user` and `item` are such where they are there.
        named_by: See `find_file`.
        as_text: Whether the other cells of text are text, too.

    Raises:
        DataError: There is no such file, it cannot be read, it lacks a column, or an id is missing, was cut by a
            spreadsheet, or is neither a whole number nor text.
    """
    ids = dict.fromkeys(("user", "item", *columns))
    if not is_id_table(str(path)):
        raise DataError(f"{path}: {holds} are in a file that ends in {', '.join(ENDINGS)}")
    file = find_file(path, named_by)
    try:
        if file.name.lower().endswith(PARQUET):
            table = pd.read_parquet(file)
        else:
            table = pd.read_csv(
                file, dtype=str if as_text else dict.fromkeys(ids, str), keep_default_na=False, na_values=list(NOTHING)
            )
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise DataError(f"{file} cannot be read: {error}") from None
    if not isinstance(table.index, pd.RangeIndex) and not file.name.lower().endswith(PARQUET):
        raise DataError(f"{file} cannot be read: its rows have more cells than its first line has names")
    for column in columns:
        if column not in table:
            raise DataError(f"{file} has no column '{column}'{suggestion(column, map(str, table.columns))}")
    return table.assign(**{column: _ids(table[column], column, file) for column in ids if column in table})


def _ids(cells: pd.Series[Any], column: str, file: Path) -> pd.Series[Any]:
    """Ids as they stand in a column."""
    kind = pd.api.types.infer_dtype(cells, skipna=True)
    if kind not in KINDS_OF_IDS:
        raise DataError(f"{file}: column '{column}' holds {kind}; ids are whole numbers or text")
    if kind == "string":
        cells = cells.astype(object).str.strip()
        cells = cells.mask(cells.isin(NOTHING))
        cut = cells.str.match(ROUNDED).fillna(False).astype(bool)
        if cut.any():
            raise DataError(
                f"{file}: {cut.sum()} {column} ids are rounded numbers; {_first(cut)} has {cells[cut].iloc[0]!r}; a "
                "spreadsheet has cut it: export the column as text"
            )
        if cells.str.match(WHOLE_NUMBER).all():
            cells = cells.str.removesuffix(".0")
    missing = cells.isna()
    if missing.any():
        raise DataError(f"{file}: {missing.sum()} rows have no {column} id; the first is {_first(missing)}")
    return cells


def _first(chosen: pd.Series[bool]) -> str:
    """The first row that is chosen, counted from 1."""
    return f"row {int(chosen.to_numpy().argmax()) + 1}"
