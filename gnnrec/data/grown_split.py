"""A split and interactions that came after it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gnnrec.data.parts import PARTS
from gnnrec.data.split import KNOWN

if TYPE_CHECKING:
    from gnnrec.data.edges import Edges
    from gnnrec.data.split import Split

VAL = PARTS.index("val")


def grown(split: Split, edges: Edges) -> Split:
    """The split, of which the test phase knows some interactions more; training knows what it knew.

    A pair that was held out for the test is known as well, when it comes; what the phase knows already stays as it is.

    Args:
        split: What a model was trained on.
        edges: Pairs of its users and items, none twice. Where its interactions have times or weights and these have
            none, they get the latest time and the mean weight.
    """
    data = split.interactions
    known = np.isin(split.part, [PARTS.index(part) for part in KNOWN["test"]])
    coming = ~known & np.isin(data.edges.keys, edges.keys)
    added = edges.keep(~np.isin(edges.keys, data.edges.keys))
    whole = data.edges.joined(added.told_as(data.edges))
    order = np.argsort(whole.keys, kind="stable")
    part = np.append(np.where(coming, np.int8(VAL), split.part), np.full(len(added), VAL, np.int8))
    nothing = np.zeros(len(added), np.bool_)
    return replace(
        split,
        interactions=replace(data, edges=whole, parts=None),
        part=part[order],
        message=np.append(split.message, nothing)[order],
        supervision=np.append(split.supervision, nothing)[order],
    )
