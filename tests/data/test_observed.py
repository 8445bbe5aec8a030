"""What a phase may know besides its edges: nothing later than its moment, nothing that tells of what is held out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from toys import edges, interactions, observed, pairs_of, split_by_hand

from gnnrec import ContractError, Edges, Interactions, Relation, Split
from gnnrec.data.edges import Renumbering

PAIRS = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 2)]
PARTS = ["train", "val", "train", "test", "train", "train"]
USES = ["m", "", "s", "", "ms", "m"]


def everything(**changed: object) -> Interactions:
    """Each pair is viewed at the time that its place says, and each user tags the item of each pair then."""
    bare = interactions(PAIRS, 3, 3)
    users, items = (np.array(side) for side in zip(*PAIRS, strict=True))
    time = np.arange(6) * 10
    tags = Relation("item", "tagged", "tag", items, np.zeros(6, np.int64), by_user=users, time=time)
    return replace(
        bare,
        **(
            {
                "tables": {**bare.tables, "tag": pd.DataFrame({"tag": ["good"]})},
                "relations": (tags, Relation("item", "next", "item", np.array([0, 1]), np.array([1, 2]))),
                "behaviours": {"view": Edges(users, items, 3, 3, time)},
            }
            | changed
        ),
    )


def of(split: Split, phase: str) -> tuple[set[tuple[int, int]], set[tuple[int, int]], int]:
    """Viewed pairs, tagged pairs, and how many edges of the relation that nobody made are there."""
    known = split.train if phase == "all of train" else split.observed(phase)
    after, tags = known.relations
    return pairs_of(known.behaviours["view"]), {*zip(tags.by_user, tags.source, strict=True)}, len(after)


@pytest.mark.parametrize(
    ("phase", "told"),
    [
        # Without moments nothing may tell of held-out pairs; in training not of what is supervision alone, either.
        ("train", {(0, 0), (2, 0), (2, 2)}),
        ("all of train", {(0, 0), (1, 1), (2, 0), (2, 2)}),
        ("validate", {(0, 0), (1, 1), (2, 0), (2, 2)}),
        ("test", set(PAIRS) - {(1, 2)}),
    ],
)
def test_without_moments_what_tells_of_a_hidden_pair_is_not_known(phase: str, told: set[tuple[int, int]]) -> None:
    split = split_by_hand(everything(), PARTS, USES)
    beside = {(2, 0)} if phase == "train" else set()  # which is learned from as well
    assert of(split, phase) == (told - beside, told, 2)


@pytest.mark.parametrize(("phase", "count"), [("train", 2), ("all of train", 3), ("validate", 3), ("test", 6)])
def test_nothing_is_known_that_is_later_than_the_moment(phase: str, count: int) -> None:
    moments = {"train": 10, "validate": 20, "test": 99}
    split = replace(split_by_hand(everything(), PARTS, USES), moments=moments)
    assert of(split, phase) == (set(PAIRS[:count]), set(PAIRS[:count]), 2)


def test_each_user_may_have_a_moment_of_its_own() -> None:
    moments = {"train": np.array([0, 30, 30])}
    split = replace(split_by_hand(everything(), PARTS, USES), moments=moments)
    told = {(0, 0), (1, 2)}  # of (1, 1) the model learns, at what time nobody knows, so nothing tells of it
    assert of(split, "train") == (told, told, 2)
    assert of(replace(split, moments={"validate": moments["train"]}), "validate")[0] == told | {(1, 1)}


@pytest.mark.parametrize("moment", [20, np.full(3, 20)], ids=["for all", "for each user"])
@pytest.mark.parametrize(("time", "told"), [(20, set()), (21, {(1, 1)})])
def test_of_what_training_learns_and_is_later_than_its_moment_that_may_tell_which_is_not(
    moment: int | np.ndarray, time: int, told: set[tuple[int, int]]
) -> None:
    data = everything()
    times = np.where(data.edges.keys == 4, time, 0)  # of (1, 1), which is supervision alone and viewed at 20
    data = replace(data, edges=replace(data.edges, time=times))
    split = replace(split_by_hand(data, PARTS, USES), moments={"train": moment})
    known = {(0, 0), (0, 1)} | told
    assert of(split, "train") == (known, known, 2)
    untimed = replace(split, interactions=replace(data, behaviours={"view": edges(PAIRS, 3, 3)}))
    assert pairs_of(untimed.observed("train").behaviours["view"]) == {(0, 0), (2, 2)}


def test_where_behaviours_have_no_times_moments_cannot_help_them() -> None:
    data = everything(behaviours={"view": edges(PAIRS, 3, 3)})
    split = replace(split_by_hand(data, PARTS, USES), moments={"test": 0})
    assert pairs_of(split.observed("test").behaviours["view"]) == set(PAIRS) - {(1, 2)}


def test_what_nobody_made_is_as_old_as_the_last_moment_allows() -> None:
    aged = Relation("item", "next", "item", np.array([0, 1]), np.array([1, 2]), time=np.array([5, 25]))
    split = split_by_hand(everything(relations=(aged,)), PARTS, USES)
    for moment, count in ((4, 0), (5, 1), (25, 2), (np.array([0, 5, 0]), 1)):
        assert len(replace(split, moments={"test": moment}).observed("test").relations[0]) == count


def test_phases_know_what_is_shown_once_training_is_over() -> None:
    split = split_by_hand(
        interactions(PAIRS, 3, 3), ["train", "val", "shown", "test", "train", "train"], [*USES[:2], "", *USES[3:]]
    )
    assert pairs_of(split.known("train")) == {(0, 0), (2, 0), (2, 2)}
    assert pairs_of(split.train.edges) == {(0, 0), (2, 0), (2, 2)}
    assert pairs_of(split.known("validate")) == {(0, 0), (1, 1), (2, 0), (2, 2)}
    assert pairs_of(split.known("test")) == {(0, 0), (0, 1), (1, 1), (2, 0), (2, 2)}


def test_what_is_known_of_those_who_are_there_bears_their_numbers() -> None:
    data = everything()
    known = split_by_hand(data, PARTS, USES).train
    nodes = {"user": Renumbering(np.array([True, False, True])), "item": Renumbering(np.array([True, True, True]))}
    there = known.only(nodes)
    assert pairs_of(there.edges) == {(0, 0), (1, 0), (1, 2)}
    assert there.tables["user"]["user"].tolist() == [1, 3]
    assert there.relations[1].by_user.tolist() == [0, 1, 1]
    assert pairs_of(there.behaviours["view"]) == {(0, 0), (1, 0), (1, 2)}
    assert (there.count("user"), there.count("item"), there.count("tag")) == (2, 3, 1)


def test_edges_are_enough_to_be_known() -> None:
    known = observed([(0, 1)], 2, 3)
    assert (known.count("user"), known.count("item"), known.relations, dict(known.features)) == (2, 3, (), {})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"absent": {"tag": np.zeros(1, bool)}}, "a split's absent nodes are users or items, not of type tag"),
        ({"absent": {"user": np.zeros(2, bool)}}, "a split's absent users are bool [3]; got bool [2]"),
        ({"absent": {"item": np.array([True, False, False])}}, "a split's absent items have training edges"),
        ({"moments": {"val": 5}}, "a split has moments of train, validate, test; got one of 'val'"),
        (
            {"moments": {"test": np.zeros(2, np.int64)}},
            "a split's moment of test is a number or int64 [3]; got int64 [2]",
        ),
    ],
)
def test_who_is_absent_and_when_is_checked_at_birth(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ContractError) as error:
        replace(split_by_hand(everything(), PARTS, USES), **fields)
    assert str(error.value) == message


def wishes(**known: object) -> Interactions:
    """A relation from users to items that says nothing of who made it: it is the user's own."""
    users, items = (np.array(side) for side in zip(*PAIRS, strict=True))
    return everything(relations=(Relation("user", "wishes", "item", users, items, **known),))


def test_what_leads_from_users_to_items_is_what_users_made() -> None:
    split = split_by_hand(wishes(), PARTS, USES)
    for phase, told in (("validate", {(0, 0), (1, 1), (2, 0), (2, 2)}), ("test", set(PAIRS) - {(1, 2)})):
        (relation,) = split.observed(phase).relations
        assert {*zip(relation.source, relation.target, strict=True)} == told
    timed = replace(split_by_hand(wishes(time=np.arange(6) * 10), PARTS, USES), moments={"test": np.array([0, 20, 99])})
    (relation,) = timed.observed("test").relations
    assert {*zip(relation.source, relation.target, strict=True)} == {(0, 0), (1, 1), (2, 0), (2, 2)}


def test_who_trusts_whom_is_as_old_as_the_moment_of_who_trusts() -> None:
    trusts = Relation("user", "trusts", "user", np.array([0, 1]), np.array([1, 2]), time=np.array([5, 5]))
    split = split_by_hand(everything(relations=(trusts,)), PARTS, USES)
    known = replace(split, moments={"test": np.array([4, 5, 0])}).observed("test").relations[0]
    assert known.source.tolist() == [1]


@pytest.mark.parametrize(("kind", "node"), [("user", 1), ("item", 1)])
def test_training_knows_nothing_that_absent_users_did_nor_of_absent_items(kind: str, node: int) -> None:
    absent = np.arange(3) == node
    parts = ["test" if pair[kind == "item"] == node else "train" for pair in PAIRS]
    split = split_by_hand(everything(), parts, ["ms" if part == "train" else "" for part in parts])
    apart = split.interactions.edges.keys == 0
    split = replace(split, message=split.message & ~apart, supervision=apart, absent={kind: absent})
    others = {pair for pair in PAIRS if pair[kind == "item"] != node}
    assert of(split, "all of train") == (others, others, 2)
    assert of(split, "train") == (others - {(0, 0)}, others - {(0, 0)}, 2)
    with_moment = replace(split, moments=dict.fromkeys(("train", "validate", "test"), 99))
    assert of(with_moment, "train")[0] == others - {(0, 0)}
    assert of(with_moment, "test")[0] == set(PAIRS)


def test_what_filters_took_out_is_no_negative_as_far_as_training_may_know_of_it() -> None:
    data = everything()
    data = replace(data, edges=replace(data.edges, time=np.arange(6) * 10))
    data = data.keep(np.array([True, False, True, True, True, False]))
    split = split_by_hand(data, ["train", "train", "train", "test"], ["ms", "ms", "ms", ""])
    train = {(0, 0), (1, 1), (1, 2)}
    assert pairs_of(split.avoided) == train | {(0, 1), (2, 2)}
    assert pairs_of(replace(split, moments={"validate": 30}).avoided) == train | {(0, 1)}
