"""Embeddings of whole texts, by a model that was trained elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from gnnrec import DataError, Encoding, FeatureBlock
from gnnrec_features.columns import texts_of
from gnnrec_features.sentence_model import ModelFolder, SentenceModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


class SentenceEncoding(Encoding):
    """The embedding of each text; zeros where there is none.

    Args:
        column: The table's column of texts.
        model: What embeds them.
    """

    def __init__(self, column: str, model: SentenceModel) -> None:
        self._column, self._model = column, model

    @classmethod
    def fit(cls, path: str, table: pd.DataFrame, column: str) -> Self:
        """Make sure that there are texts, and load the model.

        Raises:
            UsageError: The package sentence-transformers is missing.
            DataError: The table lacks the column, or it holds something else than text, or none; or the folder is not
                there, or no model.
        """
        texts = texts_of(table, column)
        if not any(map(_is_said, texts)):
            raise DataError(
                f"text: column '{column}' has no text for any of the {len(texts)} nodes that training knows; leave it "
                "out"
            )
        return cls(column, SentenceModel(ModelFolder.find(path)))

    @classmethod
    def restore(cls, path: str, column: str, state: Mapping[str, Any]) -> Self:
        """Make sure that the folder is what it was, and load the model.

        Raises:
            DataError: It is gone, or has changed.
        """
        folder = ModelFolder.find(path)
        if folder.sha256 != state["sha256"]:
            raise DataError(
                f"text: the files in {folder.place} are not those of the model that the run was trained with; put that "
                "model back"
            )
        return cls(column, SentenceModel(folder))

    def encode(self, table: pd.DataFrame) -> FeatureBlock:
        """Each different text once, in alphabetical order, so that the order of rows changes nothing.

        Raises:
            DataError: The table lacks the column, or it holds something else than text.
        """
        texts = np.array(texts_of(table, self._column), object)
        values = np.zeros((len(texts), self._model.dimensions), np.float32)
        said = np.array(list(map(_is_said, texts)), bool)
        if said.any():
            different, places = np.unique(texts[said], return_inverse=True)
            values[said] = self._model.embed(different.tolist())[places]
        return FeatureBlock(values, tuple(f"{self._column}_{i}" for i in range(self._model.dimensions)))

    def state(self) -> Mapping[str, Any]:
        """What tells whether the model has changed."""
        return {"sha256": self._model.folder.sha256}


def _is_said(text: str) -> bool:
    return bool(text.strip())
