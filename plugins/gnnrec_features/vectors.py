"""Vectors that were made elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from gnnrec import FeatureEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gnnrec import Encoding, Observed


class Vectors(FeatureEncoder):
    """Vectors from a file, by original id: embeddings of texts, images or sounds that another model made.

    A node without a vector gets zeros, and a one in a last feature, `vector_missing`; a warning counts them. The run
    keeps what tells whether the file has changed, not the vectors: the file has to stay. It may grow by rows at its
    end, for new nodes.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["vectors"] = "vectors"

    path: Annotated[str, Field(min_length=1)]
    """The file: a table (.parquet, .csv, .csv.gz) with a column of ids that is called like the nodes, `item` or `user`,
    and either columns of numbers or one of lists of them; or an array (.npy) with a row for each of `ids`."""

    ids: Annotated[str, Field(min_length=1)] | None = None
    """Of an array: the file of its ids, in its order: an array (.npy) too, or a table with the column of ids."""

    def fit(self, table: pd.DataFrame, observed: Observed) -> Encoding:
        """Find the vectors of the nodes."""
        from gnnrec_features.columns import id_column
        from gnnrec_features.vector_encoding import VectorEncoding
        from gnnrec_features.vector_files import read_vectors

        column = id_column(table, observed)
        return VectorEncoding.fit(read_vectors(self.path, self.ids, column), table)

    def restore(self, state: Mapping[str, Any]) -> Encoding:
        """The vectors of the same file, which is refused where it has changed."""
        from gnnrec_features.vector_encoding import VectorEncoding
        from gnnrec_features.vector_files import read_vectors

        return VectorEncoding.restore(read_vectors(self.path, self.ids, state["column"]), state)
