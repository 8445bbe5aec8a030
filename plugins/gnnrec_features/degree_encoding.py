"""Training interactions by original id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from gnnrec import DataError, Encoding, FeatureBlock
from gnnrec.data.lookup import nodes_of
from gnnrec_features.columns import id_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from gnnrec import Observed


class DegreeEncoding(Encoding):
    """One feature: ln(1 + interactions), 0 of nodes that have none.

    Args:
        column: The table's column of original ids.
        ids: Of those that have some.
        counts: How many, int64, as long as `ids`.
    """

    def __init__(self, column: str, ids: Sequence[Any], counts: npt.NDArray[np.int64]) -> None:
        self._column, self._ids, self._counts = column, ids, counts

    @classmethod
    def fit(cls, table: pd.DataFrame, observed: Observed) -> Self:
        """Count the interactions of each user, or of each item.

        Raises:
            DataError: The nodes are neither.
        """
        column = id_column(table, observed)
        ends = {"user": observed.edges.users, "item": observed.edges.items}
        if column not in ends:
            raise DataError(f"degree: {column} nodes have no interactions; it is for features.user and features.item")
        counts = np.bincount(ends[column], minlength=len(table)).astype(np.int64)
        return cls(column, table[column][counts > 0].tolist(), counts[counts > 0])

    def encode(self, table: pd.DataFrame) -> FeatureBlock:
        """By original id."""
        nodes = nodes_of(table[self._column], pd.Series(self._ids))
        counts = np.append(self._counts, 0)[nodes]  # the last is that of an unknown one, -1
        return FeatureBlock(np.log1p(counts).astype(np.float32)[:, None], ("degree",))

    def state(self) -> Mapping[str, Any]:
        """Ids and counts."""
        return {"column": self._column, "ids": list(self._ids), "counts": self._counts}
