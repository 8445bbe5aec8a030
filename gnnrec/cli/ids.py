"""Original ids as they are typed: with commas between, or in a file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from gnnrec.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd


def typed_ids(text: str, option: str) -> list[str]:
    """Ids with commas between; one that has a comma or a quote in it is quoted as in a CSV file.

    Raises:
        UsageError: A quote is not closed, or something stands after it.

    >>> typed_ids("1, 7", "--history")
    ['1', '7']
    >>> typed_ids('"Nuts, salted",x y', "--history")
    ['Nuts, salted', 'x y']
    """
    try:
        rows = list(csv.reader([text], skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise UsageError(
            f"{option}: {error}; an id with a comma or a quote in it is written in double quotes, and a quote in it "
            f"""twice, as in '"Nuts, salted","6"" nails"'; got {text}"""
        ) from None
    return [each.strip() for row in rows for each in row if each.strip()]


def ids_or_file(text: str, option: str, holds: str, column: str) -> list[str] | pd.DataFrame:
    """What an option names: typed ids, or those in a file, with what else the file says of them.

    Args:
        text: As it was typed.
        option: For messages.
        holds: What a file holds, for messages.
        column: `user` or `item`.

    Raises:
        DataError: The file is not there, cannot be read or lacks the column.
        UsageError: See `typed_ids`; or there are none.
    """
    from gnnrec.data.id_tables import LINES, is_id_table

    if is_id_table(text) or text.lower().endswith(LINES):
        return file_of_ids(Path(text), holds, column)
    found = typed_ids(text, option)
    if not found:
        raise UsageError(f"{option} names no {column}; give ids with commas between, or a file of them")
    return found


def file_of_ids(file: Path, holds: str, column: str, *, as_text: bool = False) -> pd.DataFrame:
    """A table with a column of ids; see `gnnrec.data.id_tables`."""
    from gnnrec.data.id_tables import LINES, read_id_lines, read_id_table

    if file.name.lower().endswith(LINES):
        return read_id_lines(file, column)
    return read_id_table(file, holds, column, as_text=as_text)
