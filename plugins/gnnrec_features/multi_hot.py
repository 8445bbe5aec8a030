"""Any number of labels a node, multi-hot."""

from __future__ import annotations

from typing import Literal

from gnnrec_features.labelled import Delimited


class MultiHot(Delimited):
    """Labels of which a node has any number: a feature per label, and a one in each that the node has.

    Labels are text, whole numbers and booleans. A node whose labels are missing, or were met by no node in training,
    gets a row of zeros.
    """

    name: Literal["multi_hot"] = "multi_hot"
