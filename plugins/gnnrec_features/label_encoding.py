"""Labels by name, and what encodes them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gnnrec import DataError, Encoding, FeatureBlock
from gnnrec_features.labels import SHOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gnnrec_features.labels import Labels

logger = logging.getLogger("gnnrec")


class LabelEncoding(Encoding):
    """A feature per label, and a one in each that the node has.

    Args:
        labels: How those of a row are read.
        names: The labels, in the order of the features.
    """

    def __init__(self, labels: Labels, names: tuple[str, ...]) -> None:
        self._labels, self._names = labels, names

    @classmethod
    def fit(cls, labels: Labels, table: pd.DataFrame, at_most: int) -> Self:
        """The labels of a table, in alphabetical order; a warning where nothing can be learned from them.

        Raises:
            DataError: There are none, or too many; or the column is not there or no column of labels.
        """
        rows = labels.of(table)
        names = tuple(sorted({name for row in rows for name in row}))
        column = f"{labels.encoder}: column '{labels.column}'"
        if not names:
            raise DataError(f"{column} is empty for all {len(rows)} nodes that training knows; leave it out")
        if len(names) > at_most:
            raise DataError(
                f"{column} has {len(names)} different labels, and each would be a feature; at_most allows {at_most}. "
                f"Raise it, or use {{name: text, column: {labels.column}}} for words, {{name: numeric, columns: "
                f"[{labels.column}]}} for numbers"
            )
        shown = ", ".join(names)[:SHOWN]
        if len(rows) > 1 and all(set(row) == set(names) for row in rows):
            logger.warning("%s is %s for all %d nodes that training knows; leave it out", column, shown, len(rows))
        elif len(rows) > 1 and sum(len(set(row)) for row in rows) == len(names):
            logger.warning(
                "%s has each of its %d labels once, so that no two nodes share one; leave it out, or use {name: "
                "numeric, columns: [%s]} for numbers",
                column,
                len(names),
                labels.column,
            )
        return cls(labels, names)

    def encode(self, table: pd.DataFrame) -> FeatureBlock:
        """Labels that are not among the names leave no trace."""
        rows = self._labels.of(table)
        position = {name: column for column, name in enumerate(self._names)}
        values = np.zeros((len(rows), len(self._names)), np.float32)
        for row, names in enumerate(rows):
            values[row, [position[name] for name in names if name in position]] = 1.0
        return FeatureBlock(values, self._names)

    def state(self) -> Mapping[str, Any]:
        """The labels."""
        return {"names": list(self._names)}
