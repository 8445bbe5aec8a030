"""What the names of folders say of the rows in them, as programs of clusters lay tables out: `day=2024-01-01/`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NOTHING = "__HIVE_DEFAULT_PARTITION__"
"""Stands where there is no value."""


def said_by_folders(path: Path) -> dict[str, str | None]:
    """The value of each column that the folders above a file name.

    >>> from pathlib import Path
    >>> said_by_folders(Path("events/day=2024-01-01/event=add%20to%20cart/part-0.parquet"))
    {'day': '2024-01-01', 'event': 'add to cart'}
    """
    found = (re.fullmatch(r"([A-Za-z_]\w*)=(.*)", part) for part in path.parts[:-1])
    return {each[1]: None if each[2] == NOTHING else unquote(each[2]) for each in found if each is not None}


def with_said(table: pa.Table, columns: Sequence[str], said: Mapping[str, str | None]) -> pa.Table:
    """A table with further columns, which say the same in each row, in the order that is wanted."""
    for name in columns:
        if name not in table.column_names:
            table = table.append_column(name, pa.array([said[name]] * len(table), pa.large_string()))
    return table.select(list(columns))
