from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from toys import edges, interactions, movielens_like, pairs_of, small_recipe

from gnnrec import DataError, run
from gnnrec.modelling.fitting import _with_negatives
from gnnrec_negatives import Dynamic, Static
from gnnrec_splits.random_link import RandomLink
from gnnrec_trainers.device_aware import DeviceAware

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec import Edges, Interactions


def few_items() -> Interactions:
    """Twenty users and four items: even users interact with all, odd ones with two."""
    return interactions([(user, item) for user in range(20) for item in range(2 if user % 2 else 4)], 20, 4)


@pytest.mark.parametrize("name", ["static", "dynamic", "hard"])
def test_a_run_leaves_out_the_edges_of_users_who_know_every_item_and_says_so(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    given: list[Any] = []
    fit = DeviceAware.fit
    monkeypatch.setattr(DeviceAware, "fit", lambda self, task: given.append(task) or fit(self, task))
    recipe = small_recipe(
        movielens_like(tmp_path / "data", few_items()),
        negatives__name=name,
        negatives__corrupt="item",
        negatives__ratio=3,
        split__disjoint_train=0.0,
    )
    with caplog.at_level(logging.WARNING, "gnnrec"):
        run(recipe, out=tmp_path / "runs")
    split = RandomLink(seed=42, disjoint_train=0).split(few_items())
    train, supervision = pairs_of(split.edges("train")), pairs_of(split.supervision_edges)
    full = {user for user in range(20) if {(user, item) for item in range(4)} <= train}
    left_out = {(user, item) for user, item in supervision if user in full}
    assert (len(full), len(left_out)) == (3, 12)
    assert caplog.messages == [
        "3 users have interacted with every item, so their 12 supervision edges have no negatives and are left out"
    ]
    [task] = given
    assert pairs_of(task.supervision) == supervision - left_out
    if name == "static":
        assert task.sampler.users[:, 0].tolist() == task.supervision.users.tolist()


def test_nothing_is_left_out_where_the_user_is_drawn_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "gnnrec"):
        run(small_recipe(movielens_like(tmp_path / "data", few_items())), out=tmp_path / "runs")
    assert caplog.messages == []


def kept(corrupt: Any, known: Edges, supervision: Edges) -> list[tuple[int, int]]:
    some = _with_negatives(Dynamic(corrupt=corrupt), known, supervision, known.num_items)
    assert (some.num_users, some.num_items) == (known.num_users, known.num_items)
    return list(zip(some.users.tolist(), some.items.tolist(), strict=True))


def test_the_known_edges_decide_who_knows_every_item_and_the_order_stays(caplog: pytest.LogCaptureFixture) -> None:
    pairs = [(2, 1), (0, 1), (1, 0), (0, 0), (2, 0)]
    known, supervision = edges(pairs, 3, 2), edges(pairs[:3], 3, 2)
    assert kept("pair", known, supervision) == pairs[:3]
    assert kept("item", supervision, supervision) == pairs[:3]
    assert caplog.messages == []
    assert kept("item", known, supervision) == [(1, 0)]
    assert caplog.messages == [
        "2 users have interacted with every item, so their 2 supervision edges have no negatives and are left out"
    ]


def test_where_nobody_is_left_there_is_nothing_to_learn_from() -> None:
    known, supervision = edges([(0, 0), (0, 1), (1, 0)], 2, 2), edges([(0, 1)], 2, 2)
    with pytest.raises(DataError) as error:
        _with_negatives(Static(), known, supervision, 2)
    assert str(error.value) == (
        "every user that there is to learn from has interacted with every item, so no negative keeps the user; "
        "use negatives.corrupt: pair, or a split that leaves them something unseen"
    )
    assert np.array_equal(_with_negatives(Static(corrupt="pair"), known, supervision, 2).users, [0])
