"""Any number of labels a node, multi-hot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gnnrec_features.labelled import Delimited

if TYPE_CHECKING:
    from typing import Self

    import pandas as pd


class MultiHot(Delimited):
    """Labels of which a node has any number: a feature per label, and a one in each that the node has.

    Labels are text, whole numbers and booleans. A node whose labels are missing, or were met by no node in training,
    gets a row of zeros.
    """

    name: Literal["multi_hot"] = "multi_hot"

    @classmethod
    def proposed_for(cls, column: pd.Series[Any]) -> Self | None:
        """Lists, and text that reads as several labels, of which there are few different ones."""
        from gnnrec_features.proposals import reading_of

        return cls(column=str(column.name)) if reading_of(column) == "labels" else None
