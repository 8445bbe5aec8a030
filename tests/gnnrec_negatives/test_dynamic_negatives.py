from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from surprise import surprise
from toys import checkerboard, edges, movielens_like, pairs_of, small_recipe

from gnnrec import Observed, load_recipe, run
from gnnrec.contract.training import Batch
from gnnrec_negatives import Dynamic, Hard, Static
from gnnrec_splits.random_link import RandomLink

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec import Edges

KNOWN = edges([(user, item) for item in range(5) for user in range(5 - item)] + [(5, 5)], 6, 6)
"""Items 0 to 4 have five to one users, item 5 has one; user 0 knows all but item 5, user 4 only item 0."""

COUNTS = (5, 4, 3, 2, 1, 1)

UNKNOWN = {(user, item) for user in range(6) for item in range(6)} - pairs_of(KNOWN)


def batch(some: Edges, epoch: int = 1) -> Batch:
    """All edges."""
    return Batch(torch.arange(len(some)), torch.from_numpy(some.users), torch.from_numpy(some.items), epoch)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def weight(item: int, distribution: str, exponent: float) -> float:
    return COUNTS[item] ** exponent if distribution == "popularity" else 1.0


@pytest.mark.parametrize("component", [Static, Dynamic, Hard])
@pytest.mark.parametrize(("distribution", "exponent"), [("uniform", 0.75), ("popularity", 0.75), ("popularity", 2.0)])
def test_a_million_pairs_are_no_positives_and_follow_the_distribution(
    component: Any, distribution: str, exponent: float
) -> None:
    ratio = 1_000_000 // len(KNOWN)
    drawn = component(corrupt="pair", ratio=ratio, distribution=distribution, exponent=exponent)
    users, items = drawn.build(Observed(KNOWN), KNOWN, KNOWN, seeded(0))(batch(KNOWN), seeded(1))
    assert users.shape == items.shape == (len(KNOWN), ratio)
    chances = {user * 6 + item: weight(item, distribution, exponent) for user, item in UNKNOWN}
    assert surprise(users * 6 + items, chances) < 1


@pytest.mark.parametrize("component", [Static, Dynamic, Hard])
@pytest.mark.parametrize(("distribution", "exponent"), [("uniform", 0.75), ("popularity", 0.75), ("popularity", 2.0)])
def test_a_million_items_are_no_positives_and_follow_the_distribution(
    component: Any, distribution: str, exponent: float
) -> None:
    ratio = 1_000_000 // len(KNOWN)
    drawn = component(corrupt="item", ratio=ratio, distribution=distribution, exponent=exponent)
    users, items = drawn.build(Observed(KNOWN), KNOWN, KNOWN, seeded(0))(batch(KNOWN), seeded(1))
    assert torch.equal(users, batch(KNOWN).users[:, None].expand(-1, ratio))
    assert items[users == 0].eq(5).all()
    for user in range(1, 6):
        chances = {item: weight(item, distribution, exponent) for owner, item in UNKNOWN if owner == user}
        assert surprise(items[users == user], chances) < 1


SPLIT = RandomLink(seed=1).split(checkerboard())
TRAIN, SUPERVISION = SPLIT.edges("train"), SPLIT.supervision_edges


@given(
    component=st.sampled_from([Dynamic, Hard]),
    corrupt=st.sampled_from(["pair", "item"]),
    distribution=st.sampled_from(["uniform", "popularity"]),
    ratio=st.integers(1, 4),
    rows=st.lists(st.integers(0, len(SUPERVISION) - 1), max_size=9),
    seed=st.integers(0, 2**32),
)
def test_any_batch_gets_its_negatives_and_the_same_ones_from_the_same_seed(
    component: Any, corrupt: str, distribution: str, ratio: int, rows: list[int], seed: int
) -> None:
    drawn = component(corrupt=corrupt, distribution=distribution, ratio=ratio)
    ids = torch.tensor(rows, dtype=torch.int64)
    everything = batch(SUPERVISION)
    some = replace(everything, edge_ids=ids, users=everything.users[ids], items=everything.items[ids])
    sampler, other = (drawn.build(Observed(TRAIN), SUPERVISION, TRAIN, seeded(build)) for build in (0, 1))

    def score(users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        return torch.sin(users * 3.0 + items * 5.0)

    users, items = sampler(some, seeded(seed), score)
    assert users.shape == items.shape == (len(rows), ratio)
    assert users.dtype == items.dtype == torch.int64
    assert not set(zip(users.flatten().tolist(), items.flatten().tolist(), strict=True)) & pairs_of(TRAIN)
    assert corrupt == "pair" or torch.equal(users, some.users[:, None].expand_as(users))
    for again in (sampler(some, seeded(seed), score), other(some, seeded(seed), score)):
        assert torch.equal(again[0], users)
        assert torch.equal(again[1], items)


def test_every_call_draws_anew_from_the_generator_it_is_given() -> None:
    sampler, generator = Dynamic(ratio=2).build(Observed(TRAIN), SUPERVISION, TRAIN, seeded(0)), seeded(1)
    first, second = (sampler(batch(SUPERVISION), generator)[1] for _ in range(2))
    assert not torch.equal(first, second)
    assert not torch.equal(sampler(batch(SUPERVISION), seeded(2))[1], first)


def test_a_sampler_says_how_long_its_negatives_last_and_whether_it_needs_scores() -> None:
    said = [
        (sampler.every, getattr(sampler, "needs_score", False))
        for sampler in (
            drawn.build(Observed(TRAIN), SUPERVISION, TRAIN, seeded(0))
            for drawn in (Static(), Dynamic(), Dynamic(every="step"), Hard())
        )
    ]
    assert said == [("run", False), ("epoch", False), ("step", False), ("step", True)]


def test_the_tables_of_a_sampler_follow_it_and_are_not_saved() -> None:
    for drawn in (Dynamic(distribution="popularity"), Hard()):
        sampler = drawn.build(Observed(TRAIN), SUPERVISION, TRAIN, seeded(0))
        assert len(list(sampler.buffers())) >= 4
        assert not sampler.state_dict()


def test_a_name_is_all_that_a_recipe_needs_to_change() -> None:
    shared = {"ratio": 1, "corrupt": "item", "exclude": "train", "distribution": "uniform", "exponent": 0.75}
    recipe = load_recipe("movielens_sage", {"negatives.name": "dynamic"})
    assert recipe.to_dict()["negatives"] == {"name": "dynamic", **shared, "every": "epoch"}
    recipe = load_recipe("movielens_sage", {"negatives.name": "hard"})
    assert recipe.to_dict()["negatives"] == {"name": "hard", **shared, "candidates": 16, "warm_up": 0}


@pytest.mark.parametrize("name", ["dynamic", "hard"])
@pytest.mark.parametrize("loss", ["bce", "bpr", "margin", "sampled_softmax"])
def test_a_run_learns_from_them_with_every_pairwise_loss(name: str, loss: str, tmp_path: Path) -> None:
    overrides = {"negatives__name": name, "loss__name": loss, "negatives__distribution": "popularity"}
    finished = run(small_recipe(movielens_like(tmp_path / "data"), **overrides), out=tmp_path / "runs")
    assert [record["epoch"] for record in finished.history.to_dict("records")] == [1, 2, 3]
