"""TF-IDF of words, and its truncated singular value decomposition, by scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gnnrec import DataError, Encoding, FeatureBlock, UsageError
from gnnrec_features.columns import texts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import pandas as pd

SEED = 0
"""Of the decomposition, which begins with a random matrix."""


class TextEncoding(Encoding):
    """TF-IDF rows of length 1, projected on directions.

    Args:
        column: The table's column of texts.
        words: V of them.
        idf: Their weights, float64 [V].
        directions: float32 [D, V], orthonormal; the last may be zero.
    """

    def __init__(
        self,
        column: str,
        words: tuple[str, ...],
        idf: npt.NDArray[np.float64],
        directions: npt.NDArray[np.float32],
    ) -> None:
        self._column, self._words, self._directions = column, words, directions
        self._vectorizer = _vectorizer(vocabulary=list(words))
        self._vectorizer.idf_ = idf

    @classmethod
    def fit(cls, table: pd.DataFrame, column: str, dimensions: int, words: int) -> Self:
        """Words that occur most often, and the leading directions of the texts, which are sorted before.

        Raises:
            UsageError: scikit-learn is missing.
            DataError: The table lacks the column, it holds something else than text, or no word.
        """
        vectorizer = _vectorizer(max_features=words)
        from sklearn.utils.extmath import randomized_svd

        texts = sorted(texts_of(table, column))
        if not any(map(vectorizer.build_analyzer(), texts)):
            raise DataError(
                f"text: column '{column}' has no word of two letters or more for any of the {len(texts)} nodes that "
                "training knows; leave it out"
            )
        rows = vectorizer.fit_transform(texts)  # [N, V]
        directions = np.zeros((dimensions, rows.shape[1]), np.float32)
        found = randomized_svd(rows, min(dimensions, *rows.shape), random_state=SEED)[2]
        directions[: len(found)] = found
        return cls(column, tuple(vectorizer.get_feature_names_out().tolist()), vectorizer.idf_, directions)

    def encode(self, table: pd.DataFrame) -> FeatureBlock:
        """Words that are not known leave no trace.

        Raises:
            DataError: The table lacks the column, or it holds something else than text.
        """
        rows = self._vectorizer.transform(texts_of(table, self._column))  # [N, V]
        values = np.asarray(rows @ self._directions.T, np.float32)
        return FeatureBlock(values, tuple(f"{self._column}_{i}" for i in range(len(self._directions))))

    def state(self) -> Mapping[str, Any]:
        """Words, weights and directions."""
        return {"words": list(self._words), "idf": self._vectorizer.idf_, "directions": self._directions}


def _vectorizer(**options: Any) -> Any:
    """A `TfidfVectorizer`.

    Raises:
        UsageError: The package is missing.
    """
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError as error:
        message = f"feature encoder text needs the package scikit-learn: pip install gnnrec[text] ({error})"
        raise UsageError(message) from error
    return TfidfVectorizer(**options)
