"""How often a node was met in training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from gnnrec import FeatureEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gnnrec import Encoding, Observed


class Degree(FeatureEncoder):
    """How active a user, or how popular an item, was in training: ln(1 + interactions).

    Known of a node by its original id. One that training did not know has 0.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["degree"] = "degree"

    def fit(self, table: pd.DataFrame, observed: Observed) -> Encoding:
        """Count the interactions of each node.

        Raises:
            DataError: The nodes are neither users nor items.
        """
        from gnnrec_features.degree_encoding import DegreeEncoding

        return DegreeEncoding.fit(table, observed)

    def restore(self, state: Mapping[str, Any]) -> Encoding:
        """The same counts of the same nodes."""
        from gnnrec_features.degree_encoding import DegreeEncoding

        return DegreeEncoding(state["column"], state["ids"], state["counts"])
