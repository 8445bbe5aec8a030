"""Words or meaning of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from gnnrec import FeatureEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gnnrec import Encoding, Observed


class Text(FeatureEncoder):
    """Titles or descriptions: leading directions of the TF-IDF of their words, or what a `model` of sentences makes.

    Words are weighed and directions found by the package scikit-learn (`pip install gnnrec[text]`; Deerwester et al.
    1990, Halko et al. 2011). A model is read by the package sentence-transformers (`pip install gnnrec[sentences]`;
    Reimers and Gurevych 2019) and computes on the CPU, also when a run is loaded; the run keeps what tells whether its
    files have changed, not the model: the folder has to stay.

    The same texts give the same features, in whatever order. A node without text gets a row of zeros; so does one with
    words that training did not meet, but for a model, which reads them all.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["text"] = "text"

    column: str = "title"
    """The table's column of texts."""

    dimensions: PositiveInt = 32
    """How many features, without `model`. Where texts have fewer directions, the last are zero."""

    words: PositiveInt = 2000
    """How many different words count, without `model`: those that occur most often."""

    model: Annotated[str, Field(min_length=1)] | None = None
    """The folder of a model, as `SentenceTransformer.save` writes it, that embeds each text instead, with as many
    features and of the length that it was made for; nothing is downloaded, and no code in the folder is run."""

    @model_validator(mode="after")
    def _take_words_or_a_model(self) -> Self:
        fields = type(self).model_fields
        said = [name for name in ("dimensions", "words") if getattr(self, name) != fields[name].default]
        if said and self.model is not None:
            told = " and ".join(said)
            raise ValueError(f"{told}: these are about TF-IDF, and model gives features of its own; leave one out")
        return self

    def fit(self, table: pd.DataFrame, observed: Observed) -> Encoding:  # noqa: ARG002 - interactions say no words
        """Learn words, their weights and the directions; or load the model.

        Raises:
            UsageError: The package scikit-learn, or sentence-transformers, is missing.
        """
        if self.model is not None:
            from gnnrec_features.sentence_encoding import SentenceEncoding

            return SentenceEncoding.fit(self.model, table, self.column)
        from gnnrec_features.text_encoding import TextEncoding

        return TextEncoding.fit(table, self.column, self.dimensions, self.words)

    def restore(self, state: Mapping[str, Any]) -> Encoding:
        """The same words, weights and directions; or the same model, which is refused where it has changed."""
        if self.model is not None:
            from gnnrec_features.sentence_encoding import SentenceEncoding

            return SentenceEncoding.restore(self.model, self.column, state)
        from gnnrec_features.text_encoding import TextEncoding

        return TextEncoding(self.column, tuple(state["words"]), state["idf"], state["directions"])
