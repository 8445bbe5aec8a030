"""What the encoders of labels have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, PositiveInt

from gnnrec import FeatureEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gnnrec import Encoding, Observed
    from gnnrec_features.labels import Labels


class Labelled(FeatureEncoder):
    """A feature per label of a column, in alphabetical order, and a one in each that the node has.

    Text, whole numbers and booleans are labels. A node whose label is missing, or was met by no node in training,
    gets a row of zeros.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    column: str
    """The table's column of labels."""

    at_most: PositiveInt = 1000
    """More labels than this are refused, since each is a feature."""

    def labels(self) -> Labels:
        """How they are read: a cell is one."""
        from gnnrec_features.labels import Labels

        return Labels(self.name, self.column, None)

    def fit(self, table: pd.DataFrame, observed: Observed) -> Encoding:  # noqa: ARG002 - interactions say no labels
        """Learn which labels there are."""
        from gnnrec_features.label_encoding import LabelEncoding

        return LabelEncoding.fit(self.labels(), table, self.at_most)

    def restore(self, state: Mapping[str, Any]) -> Encoding:
        """The same labels in the same order."""
        from gnnrec_features.label_encoding import LabelEncoding

        return LabelEncoding(self.labels(), tuple(state["names"]))


class Delimited(Labelled):
    """A cell holds any number of labels."""

    column: str
    """The table's column of labels: lists, or text such as `Comedy|Drama`, or a label by itself."""

    separator: Annotated[str, Field(min_length=1)] = "|"
    """What stands between labels where a cell is text; a list that is written as text needs none."""

    def labels(self) -> Labels:
        """How they are read: a cell holds several."""
        from gnnrec_features.labels import Labels

        return Labels(self.name, self.column, self.separator)
