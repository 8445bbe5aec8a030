from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
import torch
from toys import movielens_like, pairs_of, small_recipe

from gnnrec import Observed, run
from gnnrec.contract.training import Batch
from gnnrec.testing import checkerboard
from gnnrec_negatives.static import Static
from gnnrec_splits.random_link import RandomLink

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from gnnrec import Edges

SPLIT = RandomLink(seed=1).split(checkerboard())
SUPERVISION = SPLIT.supervision_edges
TRAIN, HELD_OUT = (pairs_of(SPLIT.edges(*parts)) for parts in (("train",), ("val", "test")))


def batch_of(*edge_ids: int) -> Batch:
    rows = torch.tensor(edge_ids)
    return Batch(rows, torch.from_numpy(SUPERVISION.users)[rows], torch.from_numpy(SUPERVISION.items)[rows])


def draw(static: Static, known: Edges, seed: int = 0) -> tuple[Tensor, Tensor]:
    """The negatives of all supervision edges."""
    sampler = static.build(Observed(known), SUPERVISION, known, torch.Generator().manual_seed(seed))
    users, items = sampler(batch_of(*range(len(SUPERVISION))), torch.Generator())
    return users, items


def as_pairs(users: Tensor, items: Tensor) -> set[tuple[int, int]]:
    return set(zip(users.flatten().tolist(), items.flatten().tolist(), strict=True))


@pytest.mark.parametrize("corrupt", ["pair", "item"])
@pytest.mark.parametrize("ratio", [1, 3])
def test_each_supervision_edge_gets_ratio_negatives_that_are_no_training_positives(corrupt: Any, ratio: int) -> None:
    users, items = draw(Static(corrupt=corrupt, ratio=ratio), SPLIT.edges("train"))
    assert users.shape == items.shape == (len(SUPERVISION), ratio)
    assert users.dtype == items.dtype == torch.int64
    assert not as_pairs(users, items) & TRAIN


def test_corrupting_the_item_keeps_the_user_and_corrupting_the_pair_does_not() -> None:
    positives = torch.from_numpy(SUPERVISION.users)[:, None].expand(-1, 4)
    users, _ = draw(Static(corrupt="item", ratio=4), SPLIT.edges("train"))
    assert torch.equal(users, positives)
    users, _ = draw(Static(corrupt="pair", ratio=4), SPLIT.edges("train"))
    assert (users == positives).float().mean() < 0.25


def test_held_out_positives_are_drawn_unless_they_are_known() -> None:
    for corrupt in ("pair", "item"):
        static = Static(corrupt=corrupt, ratio=50)
        assert as_pairs(*draw(static, SPLIT.edges("train"))) & HELD_OUT
        assert not as_pairs(*draw(static, SPLIT.interactions.edges)) & HELD_OUT


def test_an_edge_keeps_its_negatives_whoever_asks_and_whenever() -> None:
    sampler = Static(ratio=2).build(SPLIT.train, SUPERVISION, SPLIT.edges("train"), torch.Generator().manual_seed(0))
    assert sampler.every == "run"
    users, items = sampler(batch_of(0, 1, 2, 3), torch.Generator().manual_seed(1))
    again = sampler(batch_of(3, 1), torch.Generator().manual_seed(2))
    assert torch.equal(again[0], users[[3, 1]])
    assert torch.equal(again[1], items[[3, 1]])


def test_the_generator_decides() -> None:
    known = SPLIT.edges("train")
    assert torch.equal(draw(Static(), known)[1], draw(Static(), known)[1])
    assert not torch.equal(draw(Static(), known)[1], draw(Static(), known, seed=1)[1])


@pytest.mark.parametrize("exclude", ["train", "all"])
def test_a_run_says_which_positives_are_known_and_warns_of_the_leak(
    exclude: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[int] = []
    build = Static.build
    monkeypatch.setattr(
        Static,
        "build",
        lambda self, observed, supervision, avoid, generator: (
            told.append(len(avoid)) or build(self, observed, supervision, avoid, generator)
        ),
    )
    with caplog.at_level(logging.WARNING, "gnnrec"):
        run(small_recipe(movielens_like(tmp_path / "data"), negatives__exclude=exclude), out=tmp_path / "runs")
    leak = "negatives.exclude: all keeps held-out positives from being negatives, and so leaks them"
    assert told == [{"train": 78, "all": 96}[exclude]]
    assert caplog.messages == ([leak] if exclude == "all" else [])
