"""Words of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import PositiveInt

from gnnrec import FeatureEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gnnrec import Encoding, Observed


class Text(FeatureEncoder):
    """Titles or descriptions: TF-IDF of their words, and its leading directions (latent semantic analysis).

    Words are weighed and directions found by the package scikit-learn (`pip install gnnrec[text]`; Deerwester et al.
    1990, Halko et al. 2011). The same texts give the same features, in whatever order. A node without text, or with
    words that training did not meet, gets a row of zeros.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["text"] = "text"

    column: str = "title"
    """The table's column of texts."""

    dimensions: PositiveInt = 32
    """How many features. Where texts have fewer directions, the last are zero."""

    words: PositiveInt = 2000
    """How many different words count: those that occur most often."""

    def fit(self, table: pd.DataFrame, observed: Observed) -> Encoding:  # noqa: ARG002 - interactions say no words
        """Learn words, their weights and the directions.

        Raises:
            UsageError: The package scikit-learn is missing.
        """
        from gnnrec_features.text_encoding import TextEncoding

        return TextEncoding.fit(table, self.column, self.dimensions, self.words)

    def restore(self, state: Mapping[str, Any]) -> Encoding:
        """The same words, weights and directions."""
        from gnnrec_features.text_encoding import TextEncoding

        return TextEncoding(self.column, tuple(state["words"]), state["idf"], state["directions"])
