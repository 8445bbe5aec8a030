"""Means and deviations of columns, and what standardises by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from gnnrec import DataError, Encoding, FeatureBlock
from gnnrec_features.columns import column_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt


class NumericEncoding(Encoding):
    """Two features for each column: (number - mean) / deviation, 0 where there is none; and 1 where there is none.

    Args:
        columns: The table's columns of numbers.
        means: Of each.
        deviations: Of each, above 0: the square root of the mean squared distance from the mean.
    """

    def __init__(self, columns: tuple[str, ...], means: tuple[float, ...], deviations: tuple[float, ...]) -> None:
        self._columns, self._means, self._deviations = columns, means, deviations

    @classmethod
    def fit(cls, table: pd.DataFrame, columns: tuple[str, ...]) -> Self:
        """The mean and the deviation of the numbers that are there.

        Raises:
            DataError: The table lacks a column, one holds something else than numbers, none at all, or always the same.
        """
        means, deviations = [], []
        for column in columns:
            numbers = _numbers(table, column)
            known = numbers[~np.isnan(numbers)]
            if not len(known):
                raise DataError(f"numeric: column '{column}' is empty for all {len(table)} nodes that training knows")
            if known.min() == known.max():
                raise DataError(
                    f"numeric: column '{column}' is {known[0]:g} for all {len(known)} nodes that training knows and "
                    "that have it, so nothing can be learned from it; leave it out"
                )
            means.append(float(known.mean()))
            deviations.append(float(known.std()))
        return cls(columns, tuple(means), tuple(deviations))

    def encode(self, table: pd.DataFrame) -> FeatureBlock:
        """Columns side by side, each followed by what says that it is missing.

        Raises:
            DataError: The table lacks a column, or one holds something else than numbers.
        """
        features: dict[str, npt.NDArray[np.float64]] = {}
        for column, mean, deviation in zip(self._columns, self._means, self._deviations, strict=True):
            numbers = _numbers(table, column)
            missing = np.isnan(numbers)
            features[column] = np.where(missing, 0.0, (numbers - mean) / deviation)
            features[f"{column}_missing"] = missing.astype(np.float64)
        return FeatureBlock(np.stack([*features.values()], axis=1).astype(np.float32), tuple(features))

    def state(self) -> Mapping[str, Any]:
        """Means and deviations."""
        return {"means": list(self._means), "deviations": list(self._deviations)}


def _numbers(table: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    """A column as float64 [N], NaN where it is missing."""
    cells = column_of(table, column, "numeric")
    found = None if cells.dtype.kind in "mM" else pd.to_numeric(cells, errors="coerce")
    numbers = np.full(len(cells), np.nan) if found is None else found.to_numpy(np.float64, na_value=np.nan)
    wrong = np.isinf(numbers) | (np.isnan(numbers) & cells.notna().to_numpy())
    if wrong.any():
        first = cells.iloc[int(wrong.argmax())]
        numeric = [str(name) for name in table if pd.api.types.is_numeric_dtype(table[name])]
        raise DataError(
            f"numeric: column '{column}' holds something else than numbers in {int(wrong.sum())} of {len(cells)} rows, "
            f"the first is '{first}'; columns of numbers are {', '.join(numeric) or 'none'}"
        )
    return numbers
