"""A split whose held-out parts are learned from as well, once they have done their duty."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gnnrec.data.draws import in_drawn_order, interaction_hashes
from gnnrec.data.parts import PARTS, SHOWN, TEST, TRAIN
from gnnrec.data.split import KNOWN

if TYPE_CHECKING:
    from gnnrec.data.edges import IdArray, Mask
    from gnnrec.data.parts import Part
    from gnnrec.data.split import Phase, Split

NEVER = 2**62
"""A moment that nothing is later than."""


def extended(split: Split, parts: tuple[Part, ...], seed: int) -> Split:
    """The split with further parts in train.

    Nodes that have training edges now are there in training, and what was `shown` of them is learned from as well.
    Where train's edges are message or supervision and not both, the new ones are divided in the same proportion: drawn
    by a hash of their ids; where the split has moments that are the same for all, the latest of all are supervision,
    and training's moment is before them.

    Args:
        split: What a model was chosen on.
        parts: Of `val` and `test`.
        seed: The split's.
    """
    edges = split.interactions.edges
    train = np.isin(split.part, [TRAIN, *(PARTS.index(part) for part in parts)])
    ends = {"user": edges.users, "item": edges.items}
    absent = {}
    for node_type, mask in split.absent.items():
        absent[node_type] = mask.copy()
        absent[node_type][ends[node_type][train]] = False
    there = np.ones(len(edges), bool)
    for node_type, mask in absent.items():
        there &= ~mask[ends[node_type]]
    train |= (split.part == SHOWN) & there
    message, supervision = _uses(split, train, seed)
    known = NEVER if PARTS[TEST] in parts else split.moments.get("test", NEVER)
    return replace(
        split,
        part=np.where(train, np.int8(TRAIN), split.part),
        message=message,
        supervision=supervision,
        absent={node_type: mask for node_type, mask in absent.items() if mask.any()},
        moments=_moments(split, known, message) if split.moments else {},
    )


def _uses(split: Split, train: Mask, seed: int) -> tuple[Mask, Mask]:
    """Which edges of the wider train are message, and which are supervision."""
    before, new = split.part == TRAIN, np.flatnonzero(train & (split.part != TRAIN))
    alone = {"message": split.message & ~split.supervision, "supervision": split.supervision & ~split.message}
    message, supervision = split.message.copy(), split.supervision.copy()
    hashes = interaction_hashes(split.interactions, seed, "refit")
    time = split.interactions.edges.time
    if time is not None and _latest_are_supervision(split):
        where = np.flatnonzero(train)
        latest = where[np.lexsort((hashes[where], time[where]))][::-1]
        count = int(alone["supervision"].sum() / before.sum() * len(where))
        message, supervision = train.copy(), np.zeros(len(train), bool)
        message[latest[:count]], supervision[latest[:count]] = False, True
        return message, supervision
    drawn = new[in_drawn_order(hashes[new])]
    only_supervision, only_message = (
        round(float(alone[use].sum() / before.sum()) * len(new)) for use in ("supervision", "message")
    )
    message[drawn[only_supervision:]] = True
    supervision[drawn[:only_supervision]] = True
    supervision[drawn[only_supervision + only_message :]] = True
    return message, supervision


def _moments(split: Split, known: int | IdArray, message: Mask) -> dict[Phase, int | IdArray]:
    """All is known until `known`; training alone knows no more than what it propagates over."""
    moments: dict[Phase, int | IdArray] = dict.fromkeys(KNOWN, known)
    time = split.interactions.edges.time
    if time is not None and _latest_are_supervision(split):
        moments["train"] = int(time[message].max())
    return moments


def _latest_are_supervision(split: Split) -> bool:
    """Whether a moment that is the same for all divides train's edges."""
    return _is_for_all(split.moments.get("test")) and not (split.message & split.supervision).any()


def _is_for_all(moment: int | IdArray | None) -> bool:
    """Whether there is a moment, the same for all users; from a file it comes for each."""
    return moment is not None and (isinstance(moment, int) or bool((moment == moment[0]).all()))
