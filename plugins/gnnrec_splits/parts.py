"""What splits do alike: put interactions in an order, cut parts off it, and make sure that none is empty."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from gnnrec import DataError, Split
from gnnrec.data.draws import count_of, in_drawn_order, interaction_hashes
from gnnrec.data.parts import TEST, TRAIN, VAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from gnnrec import Edges, Interactions, Splitter
    from gnnrec.data.edges import IdArray, Mask
    from gnnrec.data.split import Phase
    from gnnrec_splits.shares import DisjointTrain

    Parts = npt.NDArray[np.int8]
    """int8 [E], positions in `gnnrec.data.parts.PARTS`; a name for annotations."""

logger = logging.getLogger("gnnrec")

ADVICE = "ask for smaller shares, or bring more data"

LONG_AGO = int(np.iinfo(np.int64).min)
"""The last time of nothing."""


def drawn(splitter: Splitter, data: Interactions, purpose: str) -> IdArray:
    """All interactions in random order: int64 [E]."""
    return in_drawn_order(interaction_hashes(data, splitter.seed, purpose))


def times_of(splitter: Splitter, data: Interactions) -> IdArray:
    """When each interaction was: int64 [E], seconds since 1970.

    Raises:
        DataError: The data have no times, all are the same, or there are no interactions.
    """
    time = data.edges.time
    if time is None:
        raise DataError(
            f"{splitter.name} needs times, and the data have none; with dataset table, name their column in timestamp"
        )
    if not len(time):
        raise DataError(f"{splitter.name} has no interactions to divide; bring more data")
    if len(time) > 1 and (time == time[0]).all():
        raise DataError(
            f"all interactions are of one time, {as_text(time[0])}, so {splitter.name} would be a random split; "
            "take another column for times, or split: {name: random_link}"
        )
    return time


def latest_first(splitter: Splitter, data: Interactions) -> IdArray:
    """All interactions from the latest to the earliest, ties in random order: int64 [E].

    Raises:
        DataError: See `times_of`.
    """
    return np.lexsort((interaction_hashes(data, splitter.seed, "ties"), times_of(splitter, data)))[::-1]


def last_time(time: IdArray, known: Mask) -> int:
    """The latest of some times, which are chosen by a mask."""
    return int(time[known].max(initial=LONG_AGO))


def place_within(nodes: IdArray, count: int, order: IdArray) -> IdArray:
    """How many interactions of the same node come before each in an order: int64 [E].

    Args:
        nodes: int64 [E], the node of each interaction.
        count: How many nodes there are.
        order: int64 [E], all interactions.
    """
    by_node = order[np.argsort(nodes[order], kind="stable")]
    degree = np.bincount(nodes, minlength=count)
    place = np.empty(len(nodes), np.int64)
    place[by_node] = np.arange(len(nodes)) - np.repeat(degree.cumsum() - degree, degree)
    return place


def from_each_user(edges: Edges, order: IdArray, val: IdArray | int, test: IdArray | int) -> Parts:
    """Each user's first interactions in an order are test, the next val; at least one of each user stays train.

    Args:
        edges: All interactions.
        order: int64 [E], all interactions.
        val: How many are val: of all users, or int64 [U] of each; fewer where a user has not enough.
        test: How many are test, which has precedence.
    """
    degree = np.bincount(edges.users, minlength=edges.num_users)
    in_test = np.minimum(test, degree - 1)
    held_out = in_test + np.minimum(val, degree - 1 - in_test)
    place = place_within(edges.users, edges.num_users, order)
    part = np.full(len(edges), TRAIN, np.int8)
    part[place < held_out[edges.users]] = VAL
    part[place < in_test[edges.users]] = TEST
    return part


def moments_of_users(splitter: Splitter, data: Interactions, part: Parts) -> dict[Phase, IdArray]:
    """For each user the last time of what a phase knows of them: int64 [U].

    A warning says so if some of train is later than something that is held out.
    """
    edges, time, train = data.edges, times_of(splitter, data), part == TRAIN
    if time[train].max(initial=LONG_AGO) > time[~train].min(initial=time.max()):
        logger.warning(
            "%s: each user has a moment of their own, so that some of train is later than what is held out of others; "
            "under split: {name: temporal} nothing is",
            splitter.name,
        )
    trained, tested = (np.full(edges.num_users, LONG_AGO, np.int64) for _ in range(2))
    for moment, known in ((trained, train), (tested, part != TEST)):
        np.maximum.at(moment, edges.users[known], time[known])
    return {"train": trained, "validate": trained, "test": tested}


def with_val(splitter: Splitter, data: Interactions, part: Parts, share: float) -> Parts:
    """The parts, with a share of train in val: drawn."""
    parts = part.copy()
    parts[_first(share, part == TRAIN, drawn(splitter, data, "val"))] = VAL
    return parts


def message_and_supervision(
    splitter: DisjointTrain, data: Interactions, part: Parts, order: IdArray | None = None
) -> tuple[Mask, Mask]:
    """Message and supervision: bool [E] each; all of train is both, or the share `disjoint_train` is only the latter.

    Args:
        splitter: Says how large the share is.
        data: What is divided.
        part: Of each interaction.
        order: int64 [E], in which the share comes first; drawn where it is left out.
    """
    train = part == TRAIN
    if not splitter.disjoint_train:
        return train, train
    order = drawn(splitter, data, "disjoint_train") if order is None else order
    supervision = np.zeros(len(data), bool)
    supervision[_first(splitter.disjoint_train, train, order)] = True
    return train & ~supervision, supervision


def divided(
    splitter: Splitter,
    data: Interactions,
    part: Parts,
    used: tuple[Mask, Mask],
    *,
    advice: str = ADVICE,
    may_be_empty: Sequence[str] = (),
    absent: Mapping[str, Mask] | None = None,
    moments: Mapping[Phase, int | IdArray] | None = None,
) -> Split:
    """The split, which has something in each part.

    Args:
        splitter: What messages call it.
        data: What is divided.
        part: Of each interaction.
        used: Message and supervision: bool [E] each.
        advice: What to do where a part is empty.
        may_be_empty: Parts of which nothing is asked.
        absent: See `Split`.
        moments: See `Split`.

    Raises:
        DataError: A part is empty, or train has no message or no supervision edges.
    """
    message, supervision = used
    masks = {"train": part == TRAIN, "val": part == VAL, "test": part == TEST}
    sizes = {name: int(mask.sum()) for name, mask in (masks | {"message": message, "supervision": supervision}).items()}
    if sizes["message"] == sizes["supervision"] == sizes["train"]:
        del sizes["message"], sizes["supervision"]
    empty = " and ".join(name for name, size in sizes.items() if not size and name not in may_be_empty)
    if empty:
        told = ", ".join(f"{size} {name}" for name, size in sizes.items())
        raise DataError(f"{splitter.name} leaves {empty} empty: {len(part)} interactions give {told}; {advice}")
    return Split(data, part, message, supervision, absent or {}, moments or {})


def as_text(time: int) -> str:
    """Seconds since 1970 as people write a time, in UTC.

    >>> as_text(951_782_400)
    '2000-02-29T00:00:00'
    """
    return str(np.datetime64(int(time), "s"))


def _first(share: float, among: Mask, order: IdArray) -> IdArray:
    """The interactions of a mask that come first in an order, as many as a share of them."""
    ordered = order[among[order]]
    return ordered[: count_of(share, len(ordered))]
