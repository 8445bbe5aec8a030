"""The year at the end of a title."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from gnnrec import FeatureEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gnnrec import Encoding, Observed


class Year(FeatureEncoder):
    """The year of a title such as `Toy Story (1995)`, standardised as `numeric` does it, and whether there is none.

    Of several years, `(1999-2003)`, the first counts.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["year"] = "year"

    column: str = "title"
    """The table's column of titles."""

    def fit(self, table: pd.DataFrame, observed: Observed) -> Encoding:  # noqa: ARG002 - interactions say no years
        """Learn mean and deviation of the years."""
        from gnnrec_features.year_encoding import YearEncoding

        return YearEncoding.fit(table, self.column)

    def restore(self, state: Mapping[str, Any]) -> Encoding:
        """The same mean and deviation."""
        from gnnrec_features.year_encoding import YearEncoding

        return YearEncoding(self.column, state["mean"], state["deviation"])
