"""Reads Parquet into Arrow tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pa_parquet

from gnnrec import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MAGIC = b"PAR1"
ENDINGS = (".parquet", ".pq")


@dataclass(frozen=True)
class ParquetFile:
    """A file of Parquet."""

    path: Path

    @classmethod
    def is_one(cls, path: Path) -> bool:
        """Whether a file is called so, or begins so."""
        if path.name.lower().endswith(ENDINGS):
            return True
        try:
            with path.open("rb") as file:
                return file.read(len(MAGIC)) == MAGIC
        except OSError:
            return False

    @property
    def columns(self) -> list[str]:
        """The names of its columns.

        Raises:
            DataError: The file is empty, cannot be read, or is no Parquet file.
        """
        return list(self._file.schema_arrow.names)

    def read(self, columns: Sequence[str], likely: Mapping[str, pa.DataType] | None = None) -> pa.Table:  # noqa: ARG002
        """Some columns of all rows, of the types that the file says.

        Raises:
            DataError: The file is damaged.
        """
        try:
            table = self._file.read(list(columns))
            for kind in table.schema.types:
                getattr(kind, "tz", None)  # the name of a zone is read when it is first asked for
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise DataError(f"{self.path} is a damaged Parquet file: {_first_line(error)}") from None
        return table

    @cached_property
    def _file(self) -> pa_parquet.ParquetFile:
        try:
            if not self.path.stat().st_size:
                raise DataError(f"{self.path} is empty")
            opened = pa_parquet.ParquetFile(self.path, page_checksum_verification=True)
            opened.schema_arrow  # noqa: B018 - read from the file here, and not when it is opened
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise DataError(f"{self.path} is no Parquet file: {_first_line(error)}") from None
        except OSError as error:
            raise DataError(f"{self.path} cannot be read: {error.strerror or _first_line(error)}") from None
        return opened


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
