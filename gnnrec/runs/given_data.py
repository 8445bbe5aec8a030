"""Tables that a run is given in Python: kept in its directory as Parquet, where it finds them again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pa_parquet

from gnnrec.errors import DataError, RunDirectoryError, UsageError
from gnnrec.recipe.here import HERE

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec.data.edges import EdgeType

FOLDER = "data"
"""Where they lie in a run's directory."""

INTERACTIONS = "interactions"
"""The table that there always is."""

EDGE_TYPE_LENGTH = 3


@dataclass(frozen=True)
class GivenData:
    """Tables by what is in them.

    Attributes:
        tables: Of `interactions`, `users`, `items`, and of relations by source type, name and target type.
    """

    tables: Mapping[str | EdgeType, pa.Table]

    @classmethod
    def of(cls, data: Any) -> GivenData:
        """From a table of interactions, or tables by name: DataFrames of pandas or polars, or tables of Arrow.

        Raises:
            UsageError: It is none, there is no table of interactions, or a column mixes types or has no name.
        """
        if not isinstance(data, Mapping):
            return cls({INTERACTIONS: _table(data, "data")})
        if INTERACTIONS not in data:
            got = ", ".join(map(repr, data)) or "none"
            hint = (
                "; a dict of columns is a table once it is pandas.DataFrame(…)" if {"user", "item"} & set(data) else ""
            )
            raise UsageError(f"data has no table '{INTERACTIONS}'; got {got}{hint}")
        for name in data:
            if not (isinstance(name, str) or _is_edge_type(name)):
                raise UsageError(f"tables of data are called by name, or as ('user', 'trusts', 'user'); got {name!r}")
        return cls({name: _table(table, _called(name)) for name, table in data.items()})

    @property
    def files(self) -> dict[str | EdgeType, str]:
        """The file of each, as the recipe in the run's directory names it."""
        return {name: f"{HERE}{FOLDER}/{_file(name)}" for name in self.tables}

    def write(self, directory: Path) -> None:
        """Put them into a run's directory.

        Raises:
            RunDirectoryError: The disk is full or may not be written.
        """
        folder = directory / FOLDER
        try:
            folder.mkdir()
            for name, table in self.tables.items():
                pa_parquet.write_table(table, folder / _file(name))
        except OSError as error:
            raise RunDirectoryError(f"cannot write the data in {folder}: {error.strerror or error}") from None

    def told(self, error: DataError, directory: Path) -> DataError:
        """A fault of the data by the names that whoever gave them knows, rather than by those of files."""
        text = str(error)
        for name in self.tables:
            called = "data" if len(self.tables) == 1 else _called(name)
            text = text.replace((directory.absolute() / FOLDER / _file(name)).as_posix(), called)
        return DataError(text)


def _is_edge_type(name: Any) -> bool:
    return isinstance(name, tuple) and len(name) == EDGE_TYPE_LENGTH and all(isinstance(each, str) for each in name)


def _called(name: str | EdgeType) -> str:
    return f"data[{name!r}]"


def _file(name: str | EdgeType) -> str:
    return f"{name if isinstance(name, str) else '-'.join(name)}.parquet"


def _table(table: Any, called: str) -> pa.Table:
    """A table as Arrow has it; a named index is a column too."""
    if isinstance(table, pa.Table):
        return table
    if not isinstance(table, pd.DataFrame):
        made = table.to_arrow() if hasattr(table, "to_arrow") else None
        if isinstance(made, pa.Table):
            return made
        raise UsageError(
            f"{called} is a {type(table).__name__}; give a table: a DataFrame of pandas or polars, or a table of Arrow"
        )
    named = [name for name in table.index.names if name is not None and name not in table.columns]
    table = table.reset_index(level=named) if named else table
    _require_names(table, called)
    try:
        return pa.Table.from_pandas(table, preserve_index=False)
    except (pa.ArrowException, TypeError, OverflowError) as error:
        raise UsageError(f"{called}: {_mixed(table) or error}") from None


def _require_names(table: pd.DataFrame, called: str) -> None:
    nameless = [name for name in table.columns if not isinstance(name, str)]
    if nameless:
        raise UsageError(
            f"{called}: its columns have no names but {', '.join(map(repr, nameless[:4]))}; name them: "
            "frame.columns = ['user', 'item', …]"
        )
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise UsageError(f"{called} has several columns '{twice[0]}'")


def _mixed(table: pd.DataFrame) -> str:
    """Which column holds cells of several types, and how to mend it; nothing where none does."""
    for name in table.columns:
        kinds = sorted({type(cell).__name__ for cell in table[name].dropna()})
        if len(kinds) > 1:
            return (
                f"column '{name}' holds {' and '.join(kinds)}; make it one type, such as "
                f"frame['{name}'] = frame['{name}'].astype(str)"
            )
    return ""
