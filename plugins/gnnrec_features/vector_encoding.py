"""Vectors of a file, by original id."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gnnrec import DataError, Encoding, FeatureBlock
from gnnrec.data.lookup import nodes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gnnrec_features.vector_files import VectorFile

logger = logging.getLogger("gnnrec")

SHOWN = 3
"""How many ids a message names."""


class VectorEncoding(Encoding):
    """The vector of each node, zeros where the file has none; and 1 where it has none.

    Args:
        file: The vectors.
        rows: How many of the file's rows there were when it was fitted.
    """

    def __init__(self, file: VectorFile, rows: int) -> None:
        self._file, self._rows = file, rows

    @classmethod
    def fit(cls, file: VectorFile, table: pd.DataFrame) -> Self:
        """Make sure that the file knows the nodes.

        Raises:
            DataError: It has none of their ids.
        """
        if (nodes_of(table[file.column], file.ids) < 0).all():
            theirs, own = (", ".join(ids[:SHOWN].astype(str)) for ids in (table[file.column], file.ids))
            raise DataError(
                f"vectors: {file.path} has a vector of none of the {len(table)} {file.column} nodes that training "
                f"knows; their ids are {theirs}, …, those of the file {own}, …"
            )
        return cls(file, len(file.ids))

    @classmethod
    def restore(cls, file: VectorFile, state: Mapping[str, Any]) -> Self:
        """Make sure that the file is what it was; it may have more rows at its end.

        Raises:
            DataError: It has changed.
        """
        if file.digest(state["rows"]) != state["sha256"]:
            raise DataError(
                f"vectors: the first {state['rows']} rows of {file.path} are not those that the run was trained with; "
                "put that file back, with vectors of new nodes below"
            )
        return cls(file, state["rows"])

    def encode(self, table: pd.DataFrame) -> FeatureBlock:
        """By original id; a warning counts the nodes that have no vector."""
        rows = nodes_of(table[self._file.column], self._file.ids)
        missing = rows < 0
        if missing.any():
            logger.warning(
                "vectors: %d of %d %s nodes have no vector in %s, the first is %s; they get zeros",
                missing.sum(),
                len(table),
                self._file.column,
                self._file.path,
                table[self._file.column].iloc[int(missing.argmax())],
            )
        found = np.where(missing[:, None], np.float32(0), self._file.matrix[rows])
        names = (*(f"vector_{i}" for i in range(found.shape[1])), "vector_missing")
        return FeatureBlock(np.column_stack([found, missing.astype(np.float32)]), names)

    def state(self) -> Mapping[str, Any]:
        """What tells whether the file has changed."""
        return {"column": self._file.column, "rows": self._rows, "sha256": self._file.digest(self._rows)}
