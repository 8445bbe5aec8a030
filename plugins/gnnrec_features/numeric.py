"""Columns of numbers, standardised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from gnnrec import FeatureEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    import pandas as pd

    from gnnrec import Encoding, Observed


class Numeric(FeatureEncoder):
    """Numbers such as a year or a price: less their mean, by their deviation, both of the nodes that training knows.

    Each column gives two features: the number, 0 where it is missing; and, called `…_missing`, a one where it is. Both
    are there whether or not training met a missing one, so that a refit or another split has as many features.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["numeric"] = "numeric"

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    """The table's columns of numbers; text that reads as a number is one."""

    @classmethod
    def proposed_for(cls, column: pd.Series[Any]) -> Self | None:
        """Numbers, but for whole ones that may be categories, or ids."""
        from gnnrec_features.proposals import reading_of

        return cls(columns=(str(column.name),)) if reading_of(column) == "number" else None

    def fit(self, table: pd.DataFrame, observed: Observed) -> Encoding:  # noqa: ARG002 - interactions say no numbers
        """Learn mean and deviation of each column."""
        from gnnrec_features.numeric_encoding import NumericEncoding

        return NumericEncoding.fit(table, self.columns)

    def restore(self, state: Mapping[str, Any]) -> Encoding:
        """The same means and deviations."""
        from gnnrec_features.numeric_encoding import NumericEncoding

        return NumericEncoding(self.columns, tuple(state["means"]), tuple(state["deviations"]))
