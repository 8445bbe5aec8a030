"""Years that titles end with, standardised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from gnnrec import DataError, Encoding, FeatureBlock
from gnnrec_features.columns import column_of
from gnnrec_features.numeric_encoding import NumericEncoding

if TYPE_CHECKING:
    from collections.abc import Mapping

YEAR = "year"

PATTERN = r"\((\d{4})(?:\s*[-–]\s*\d{0,4}\s*)?\)\s*$"
"""`(1995)`, `(1999-2003)` and `(2006– )` at the end."""


class YearEncoding(Encoding):
    """Two features, `year` and `year_missing`, as `NumericEncoding` gives them.

    Args:
        column: The table's column of titles.
        mean: Of the years.
        deviation: Of the years, above 0.
    """

    def __init__(self, column: str, mean: float, deviation: float) -> None:
        self._column, self._mean, self._deviation = column, mean, deviation

    @classmethod
    def fit(cls, table: pd.DataFrame, column: str) -> Self:
        """Mean and deviation of the years that are there.

        Raises:
            DataError: The table lacks the column, it holds no titles, or none with a year, or always the same.
        """
        years = _years(table, column)
        known = years[YEAR].dropna()
        if not len(known):
            first = next(iter(table[column].dropna()), "nothing")
            raise DataError(
                f"year: of {len(years)} titles in column '{column}' none ends with a year, as 'Toy Story (1995)' does; "
                f"the first is '{first}'"
            )
        if known.min() == known.max():
            raise DataError(
                f"year: all {len(known)} titles in column '{column}' that have a year have {known.iloc[0]:g}, so "
                "nothing can be learned from it; leave it out"
            )
        state = NumericEncoding.fit(years, (YEAR,)).state()
        return cls(column, state["means"][0], state["deviations"][0])

    def encode(self, table: pd.DataFrame) -> FeatureBlock:
        """The years of titles.

        Raises:
            DataError: The table lacks the column, or it holds no titles.
        """
        return NumericEncoding((YEAR,), (self._mean,), (self._deviation,)).encode(_years(table, self._column))

    def state(self) -> Mapping[str, Any]:
        """Mean and deviation."""
        return {"mean": self._mean, "deviation": self._deviation}


def _years(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """A table of their years, NaN where there is none."""
    titles = column_of(table, column, "year")
    wrong = titles[titles.notna() & ~titles.map(lambda title: isinstance(title, str)).astype(bool)]
    if len(wrong):
        raise DataError(
            f"year: column '{column}' holds something else than titles, such as {wrong.iloc[0]}; for "
            f"numbers use {{name: numeric, columns: [{column}]}}"
        )
    found = titles.astype("string").str.extract(PATTERN)[0]
    return pd.DataFrame({YEAR: pd.to_numeric(found).astype("Float64")})
