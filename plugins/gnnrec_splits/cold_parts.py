"""Puts all interactions of some nodes out of training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from gnnrec.data.draws import count_of, in_drawn_order, node_hashes
from gnnrec.data.parts import SHOWN, TEST, TRAIN, VAL
from gnnrec_splits.parts import divided, drawn, message_and_supervision, place_within

if TYPE_CHECKING:
    from gnnrec import Interactions, Split
    from gnnrec_splits.shares import Shares


def divide_cold(splitter: Shares, data: Interactions, kind: Literal["user", "item"], shown: float) -> Split:
    """A split in which some users or items are not there in training.

    Args:
        splitter: Says how many are.
        data: What is divided.
        kind: Whether users or items.
        shown: The share of each one's interactions that evaluation may know.

    Raises:
        DataError: A part is empty.
    """
    ids = data.tables[kind][kind]
    nodes = {"user": data.edges.users, "item": data.edges.items}[kind]
    num_val, num_test = (count_of(share, len(ids)) for share in (splitter.val, splitter.test))
    order = in_drawn_order(node_hashes(ids, splitter.seed, "cold"))
    part_of_node = np.full(len(ids), TRAIN, np.int8)
    part_of_node[order[:num_val]] = VAL
    part_of_node[order[num_val : num_val + num_test]] = TEST
    cold, part = part_of_node != TRAIN, part_of_node[nodes]
    degree = np.bincount(nodes, minlength=len(ids))
    num_shown = (shown * degree).astype(np.int64)  # never all of them: the share is less than 1
    place = place_within(nodes, len(ids), drawn(splitter, data, "shown"))
    part[cold[nodes] & (place < num_shown[nodes])] = SHOWN
    return divided(splitter, data, part, message_and_supervision(splitter, data, part), absent={kind: cold})
