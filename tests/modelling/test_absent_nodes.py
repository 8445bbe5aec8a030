"""Nodes that are not there in training: no negative, and outside of what a listwise loss looks at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from toys import movielens_like, small_recipe

from gnnrec import TrainingTask, run
from gnnrec.contract.training import Batch
from gnnrec.data.edges import Renumbering
from gnnrec.modelling.present_nodes import PresentNegatives
from gnnrec_trainers.device_aware import DeviceAware

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Generator, Tensor, nn

NODES = {
    "user": Renumbering(np.array([True, False, True, True])),
    "item": Renumbering(np.array([False, True, True, False, True])),
}


class Asked(torch.nn.Module):
    """Answers with the last user and items 0 and 2, and remembers what it was asked."""

    every = "epoch"
    needs_score = True

    def forward(self, batch: Batch, generator: Generator, score: Any = None) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        self.batch = batch
        users, items = torch.full((len(batch.users), 2), 2), torch.tensor([[0, 2]]).expand(len(batch.users), 2)
        self.scores = None if score is None else score(users, items)
        return users, items


def test_a_sampler_is_asked_and_answers_by_the_numbers_of_those_who_are_there() -> None:
    sampler = Asked()
    wrapped = PresentNegatives(sampler, NODES)
    batch = Batch(torch.tensor([5, 6]), torch.tensor([0, 3]), torch.tensor([4, 1]), epoch=2)
    users, items = wrapped(batch, torch.Generator(), lambda users, items: users * 10 + items)
    assert (sampler.batch.users.tolist(), sampler.batch.items.tolist()) == ([0, 2], [2, 0])
    assert (sampler.batch.edge_ids.tolist(), sampler.batch.epoch) == ([5, 6], 2)
    assert users.tolist() == [[3, 3]] * 2
    assert items.tolist() == [[1, 4]] * 2
    assert sampler.scores.tolist() == [[31, 34]] * 2
    wrapped(batch, torch.Generator())
    assert sampler.scores is None
    assert (wrapped.every, wrapped.needs_score) == ("epoch", True)


@pytest.mark.parametrize("kind", ["cold_items", "cold_users"])
@pytest.mark.parametrize("negatives", ["static", "dynamic", "hard"])
@pytest.mark.parametrize("corrupt", ["pair", "item"])
def test_no_negative_is_an_absent_node(
    kind: str, negatives: str, corrupt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks: list[TrainingTask] = []
    fit = DeviceAware.fit
    monkeypatch.setattr(DeviceAware, "fit", lambda self, task: tasks.append(task) or fit(self, task))
    split = {"name": kind, "val": 0.2, "test": 0.2}
    recipe = small_recipe(
        movielens_like(tmp_path / "data"), split=split, negatives={"name": negatives, "corrupt": corrupt, "ratio": 4}
    )
    made = run(recipe, out=tmp_path / "runs")
    (task,), node_type = tasks, kind.removeprefix("cold_").removesuffix("s")
    absent = torch.from_numpy(made.split.absent[node_type])
    users, items = torch.from_numpy(task.supervision.users), torch.from_numpy(task.supervision.items)
    batch = Batch(torch.arange(len(users)), users, items, epoch=1)
    drawn: list[Tensor] = []
    for seed in range(20):
        sampled: nn.Module = task.sampler
        drawn.append(
            dict(zip(("user", "item"), sampled(batch, torch.Generator().manual_seed(seed)), strict=True))[node_type]
        )
    assert absent.any()
    assert not absent[torch.stack(drawn)].any()
    if negatives != "static" and (node_type == "item" or corrupt == "pair"):  # and everybody else is
        assert set(torch.stack(drawn).flatten().tolist()) == set((~absent).nonzero().flatten().tolist())


def test_a_listwise_loss_does_not_look_at_absent_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks: list[TrainingTask] = []
    fit = DeviceAware.fit
    monkeypatch.setattr(DeviceAware, "fit", lambda self, task: tasks.append(task) or fit(self, task))
    recipe = small_recipe(
        movielens_like(tmp_path / "data"),
        split={"name": "cold_items", "val": 0.2, "test": 0.2},
        loss={"name": "softmax"},
        negatives=None,
    )
    made = run(recipe, out=tmp_path / "runs")
    absent = torch.from_numpy(made.split.absent["item"])
    scores = torch.randn(3, 16, generator=torch.Generator().manual_seed(0), requires_grad=True)
    there = int((~absent).nonzero()[0])
    loss = tasks[0].loss(scores, torch.tensor([[0], [there]]))
    loss.backward()
    temperature = made.recipe.loss.temperature
    rest = scores.detach()[0, ~absent] / temperature
    assert loss.item() == pytest.approx((rest.logsumexp(0) - rest[0]).item(), rel=1e-5)
    assert not scores.grad[:, absent].any()
    # Once training is over they are ranked like all others.
    assert np.isfinite(made.score([1]).numpy()).all()
    assert replace(made.split, absent={}).present is None
