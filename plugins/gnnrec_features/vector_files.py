"""Files of vectors: tables with a column of ids, or an array and its ids beside it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gnnrec import DataError
from gnnrec.data.files import find_file
from gnnrec.data.id_tables import ENDINGS, read_id_table

if TYPE_CHECKING:
    import numpy.typing as npt

ARRAY = ".npy"


@dataclass(frozen=True)
class VectorFile:
    """Vectors by original id.

    Attributes:
        path: As the recipe names it.
        column: What the ids are of: `item`, `user` or another type of nodes.
        ids: M of them as text, none missing, each once.
        matrix: float32 [M, D], finite.

    Raises:
        DataError: An id stands twice, a number is not finite, or there is none.
    """

    path: str
    column: str
    ids: pd.Series[Any]
    matrix: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.matrix):
            raise DataError(f"vectors: {self.path} has {len(self.matrix)} rows and there are {len(self.ids)} ids")
        if not self.matrix.size:
            raise DataError(f"vectors: {self.path} has no vectors")
        twice = self.ids[self.ids.duplicated()]
        if len(twice):
            raise DataError(
                f"vectors: {self.path} has {len(twice)} {self.column} ids again, the first is {twice.iloc[0]}"
            )
        wrong = ~np.isfinite(self.matrix).all(axis=1)
        if wrong.any():
            raise DataError(
                f"vectors: {self.path} has {wrong.sum()} vectors with a number that is missing, not finite or beyond "
                f"float32; the first is that of {self.column} {self.ids.iloc[int(wrong.argmax())]}"
            )

    def digest(self, rows: int) -> str:
        """What tells whether the first rows are the same."""
        found = hashlib.sha256("\n".join(self.ids[:rows]).encode())
        found.update(np.ascontiguousarray(self.matrix[:rows]).tobytes())
        return found.hexdigest()


def read_vectors(path: str, ids: str | None, column: str) -> VectorFile:
    """Read a file of vectors.

    Args:
        path: See `gnnrec.data.files.find_file`.
        ids: The file of ids that belongs to an array.
        column: What the ids are of.

    Raises:
        DataError: A file is not there, is damaged or of another kind, or lacks ids or numbers.
    """
    is_array = path.lower().endswith(ARRAY)
    if not is_array and not path.lower().endswith(ENDINGS):
        raise DataError(f"vectors: {path}: vectors are in a file that ends in {ARRAY}, {', '.join(ENDINGS)}")
    if is_array and ids is None:
        raise DataError(f"vectors: {path} has no ids; name the file that has them, in the order of its rows, in ids")
    if ids is not None:
        if not is_array:
            raise DataError(f"vectors: {path} has ids of its own, in the column '{column}'; leave ids out")
        with np.errstate(over="ignore"):  # told of as not finite
            return VectorFile(path, column, _as_text(_ids(ids, column)), _array(path, "path", 2).astype(np.float32))
    table = read_id_table(path, "vectors", column, named_by="path")
    return VectorFile(path, column, _as_text(table[column]), _numbers(table.drop(columns=column), path))


def _as_text(ids: pd.Series[Any]) -> pd.Series[Any]:
    """Ids as `nodes_of` has them: the 7.0 of a column that once had a gap is 7."""
    return ids.convert_dtypes().astype("string")


def _ids(path: str, column: str) -> pd.Series[Any]:
    if path.lower().endswith(ARRAY):
        return pd.Series(_array(path, "ids", 1))
    return read_id_table(path, "ids", column, named_by="ids")[column]


def _array(path: str, field: str, dimensions: int) -> npt.NDArray[Any]:
    """An array of a file: rows of numbers, or ids."""
    file = find_file(path, field)
    try:  # mapped, so that a file that says it is larger than it is takes no memory
        found = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"vectors: {file} is no array: {error}") from None
    kinds = "iuf" if dimensions == 2 else "iuU"  # noqa: PLR2004 - rows and columns
    if not isinstance(found, np.ndarray) or found.ndim != dimensions or found.dtype.kind not in kinds:
        got = f"{found.dtype} {list(found.shape)}" if isinstance(found, np.ndarray) else type(found).__name__
        wanted = "numbers [rows, columns]" if dimensions == 2 else "whole numbers or text [rows]"  # noqa: PLR2004
        raise DataError(f"vectors: {file} holds {got}; expected {wanted}")
    return found


def _numbers(table: pd.DataFrame, path: str) -> npt.NDArray[np.float32]:
    """Columns of numbers, or a column of lists of them, side by side."""
    if table.shape[1] == 1 and table.iloc[:, 0].map(lambda cell: isinstance(cell, np.ndarray | list)).all():
        cells = table.iloc[:, 0]
        shortest, longest = min(map(len, cells), default=0), max(map(len, cells), default=0)
        if shortest != longest:
            raise DataError(f"vectors: {path} has vectors of {shortest} and of {longest} numbers")
        table = pd.DataFrame(cells.tolist())
    if table.empty:
        return np.zeros(table.shape, np.float32)
    for name, cells in table.items():
        if not pd.api.types.is_numeric_dtype(cells) or pd.api.types.is_bool_dtype(cells):
            first = next(iter(cells.dropna()), "nothing")
            raise DataError(
                f"vectors: column '{name}' of {path} holds something else than numbers, such as {str(first)[:60]}; "
                "a file of vectors has the column of ids and numbers, or a column of lists of numbers (in Parquet)"
            )
    with np.errstate(over="ignore"):  # told of as not finite
        return table.to_numpy(np.float64, na_value=np.nan).astype(np.float32)
