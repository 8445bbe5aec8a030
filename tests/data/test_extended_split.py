from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toys import interactions, pairs_of, split_by_hand

from gnnrec.data.extended_split import NEVER, extended
from gnnrec.testing import toy_interactions
from gnnrec_splits.random_link import RandomLink

PAIRS = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 2)]
SPLIT = split_by_hand(
    interactions(PAIRS, 3, 3), ["train", "val", "train", "test", "train", "shown"], ["ms", "", "ms", "", "ms", ""]
)


def test_val_is_learned_from_like_train_and_test_stays_held_out() -> None:
    wider = extended(SPLIT, ("val",), 0)
    assert pairs_of(wider.edges("train")) == {(0, 0), (0, 1), (1, 1), (2, 0), (2, 2)}
    assert pairs_of(wider.edges("test")) == {(1, 2)}
    assert pairs_of(wider.message_edges) == pairs_of(wider.supervision_edges) == pairs_of(wider.edges("train"))
    assert pairs_of(wider.known("test")) == pairs_of(SPLIT.known("test"))


def test_all_is_learned_from() -> None:
    assert pairs_of(extended(SPLIT, ("val", "test"), 0).supervision_edges) == set(PAIRS)


def test_what_is_shown_of_a_node_that_stays_absent_is_not_learned_from() -> None:
    parts = ["val", "shown", "train", "train", "test", "shown"]
    split = split_by_hand(interactions(PAIRS, 3, 3), parts, ["", "", "ms", "ms", "", ""])
    split = replace(split, absent={"user": np.array([True, False, True])})
    wider = extended(split, ("val",), 0)
    assert pairs_of(wider.edges("train")) == {(0, 0), (0, 1), (1, 1), (1, 2)}
    assert wider.absent["user"].tolist() == [False, False, True]
    assert extended(split, ("val", "test"), 0).absent == {}


@pytest.mark.parametrize("disjoint", [0.2, 0.5, 0.8])
def test_uses_that_are_apart_stay_apart_in_the_same_proportion(disjoint: float) -> None:
    split = RandomLink(val=0.3, test=0.2, disjoint_train=disjoint).split(toy_interactions())
    wider = extended(split, ("val",), 0)
    new = split.part == 1
    assert not (wider.message & wider.supervision).any()
    assert wider.supervision[new].sum() == round(split.supervision.sum() / (split.part == 0).sum() * new.sum())
    assert np.array_equal(wider.supervision[split.part == 0], split.supervision[split.part == 0])
    assert np.array_equal(wider.supervision, extended(split, ("val",), 0).supervision)
    assert not np.array_equal(wider.supervision, extended(split, ("val",), 1).supervision)


def test_where_there_are_moments_the_latest_are_supervision() -> None:
    data = toy_interactions()
    time = data.edges.time
    assert time is not None
    rank = np.argsort(np.argsort(time))
    part = np.select([rank < 50, rank < 70], [np.int8(0), np.int8(1)], np.int8(2))
    supervision = (rank >= 40) & (rank < 50)
    moments = {
        "train": int(time[rank == 49][0]),
        "validate": int(time[rank == 49][0]),
        "test": int(time[rank == 69][0]),
    }
    split = replace(RandomLink().split(data), part=part, message=rank < 40, supervision=supervision, moments=moments)
    wider = extended(split, ("val",), 0)
    assert sorted(rank[wider.supervision]) == list(range(56, 70))
    assert sorted(rank[wider.message]) == list(range(56))
    last_message = int(time[rank == 55][0])
    assert dict(wider.moments) == {"train": last_message, "validate": moments["test"], "test": moments["test"]}
    on_all = extended(split, ("val", "test"), 0)
    last_message = int(time[on_all.message].max())
    assert dict(on_all.moments) == {"train": last_message, "validate": NEVER, "test": NEVER}
    assert (time[on_all.supervision] > last_message).all()
