"""Training by the embeddings of a batch: what the loss is given, that it learns, and what it is told with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import torch
from torch import nn
from trained_models import DATA, SPLIT, task

from gnnrec import RecipeError, UsageError, load_recipe, run
from gnnrec.evaluation.evaluator import Evaluator
from gnnrec.graph.embedded_batches import embedded_batch
from gnnrec.modelling.model import Model
from gnnrec.modelling.objective import Objective
from gnnrec.modelling.scoring import EncodedScoring, HistoryScoring
from gnnrec.recipe.schema import Evaluation
from gnnrec_decoders import Dot
from gnnrec_encoders.lightgcn import LightGCN
from gnnrec_graphs.bipartite import Bipartite
from gnnrec_losses import BSL, AdapTau, DirectAU, InBatchSoftmax, Softmax
from gnnrec_splits.random_link import RandomLink
from gnnrec_trainers import objectives
from gnnrec_trainers.device_aware import DeviceAware
from gnnrec_trainers.objectives import Batchwise, Supervision

if TYPE_CHECKING:
    from pathlib import Path

    from torch_geometric.data import HeteroData

    from gnnrec import EmbeddedBatch, EpochRecord
    from gnnrec.contract.training import TrainingTask

CPU = torch.device("cpu")
LOSSES = [InBatchSoftmax(temperature=0.2), BSL(), AdapTau(least=0.2), DirectAU()]


def batchwise(loss: Any, graph: HeteroData | None = None) -> tuple[TrainingTask, list[EpochRecord]]:
    """LightGCN on the checkerboard, and the history that training will write."""
    given, history = task()
    graph = given.graph if graph is None else graph
    torch.manual_seed(0)
    model = Model.build(LightGCN(channels=8), Dot(), graph)
    return replace(given, model=model, graph=graph, sampler=None, batchwise=True, loss=loss), history


@pytest.mark.parametrize("component", LOSSES, ids=lambda each: each.name)
@pytest.mark.parametrize("fields", [{}, {"batch_size": 24}], ids=["whole", "batches"])
def test_it_learns(component: Any, fields: dict[str, int]) -> None:
    given, history = batchwise(component.build())
    DeviceAware(device="cpu", epochs=15, learning_rate=0.05, monitor="auc", **fields).fit(given)
    assert history[-1].train_loss < history[0].train_loss
    assert max(record.val["auc"] for record in history) > 0.9


@pytest.mark.parametrize("size", [None, 10])
def test_a_loss_is_given_the_batch_and_shares_of_all_positives(size: int | None) -> None:
    seen: list[EmbeddedBatch] = []

    def loss(batch: EmbeddedBatch) -> torch.Tensor:
        seen.append(batch)
        return batch.user.sum() + batch.item.sum()

    given, _ = batchwise(loss)
    supervision = Supervision(given, size, CPU)
    _, scored = Batchwise(given, supervision).loss(given.model, 1, 0)
    batch = supervision.batch(1, 0)
    assert torch.equal(scored.pairs, torch.stack([batch.users, batch.items]))
    user, item = given.model.encoder(given.graph)
    shares = torch.bincount(supervision.whole.items, minlength=len(item)) / len(supervision.whole.items)
    expected = embedded_batch(user, item, scored.pairs, shares)
    for name in ("user", "item", "pairs", "frequency"):
        torch.testing.assert_close(getattr(seen[0], name), getattr(expected, name))


def test_full_fan_outs_give_what_the_whole_graph_gives() -> None:
    # Message and supervision edges are apart, so that a batch takes no edge out of its neighbourhood.
    split = RandomLink(seed=0, disjoint_train=0.3).split(DATA)
    results = []
    for fields in ({}, {"fan_out": (-1, -1)}):
        given, history = batchwise(InBatchSoftmax(correction=0.5).build(), Bipartite().build(split.observed("train")))
        apart = replace(given, supervision=split.supervision_edges, validate=lambda *_: {"loss": 0.0})
        DeviceAware(device="cpu", epochs=2, batch_size=8, optimizer="sgd", learning_rate=1.0, **fields).fit(apart)
        results.append((history[-1].train_loss, given.model.state_dict()))
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-5)
    for name, value in results[0][1].items():
        torch.testing.assert_close(results[1][1][name], value)


@pytest.mark.parametrize("component", [InBatchSoftmax(), Softmax()], ids=lambda each: each.name)
@pytest.mark.parametrize("size", [None, 10])
def test_l2_weighs_the_rows_of_the_positives(component: Any, size: int | None) -> None:
    """Without negatives there are no others; a listwise loss reads every row, and is weighed by these as well."""
    given, _ = batchwise(component.build())
    kind = Batchwise if component.batchwise else objectives.Listwise
    _, scored = kind(given, Supervision(given, size, CPU)).loss(given.model, 1, 0)
    tables = given.model.encoder.initial_embeddings(given.graph)  # type: ignore[operator]
    users, items = scored.pairs
    by_hand = (tables["user"][users].square().sum() + tables["item"][items].square().sum()) / (2 * len(users))
    torch.testing.assert_close(objectives.half_squared_norm(given.model, scored), by_hand)


def test_held_out_positives_are_told_in_batches_that_stay_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gnnrec.evaluation.evaluator.EMBEDDED_PAIRS", 5)
    seen: list[EmbeddedBatch] = []

    def loss(batch: EmbeddedBatch) -> torch.Tensor:
        seen.append(batch)
        return batch.pairs.new_tensor(len(seen)).float()

    given, _ = batchwise(loss)
    scoring = EncodedScoring(given.model, given.graph, pytest.fail)
    evaluator = Evaluator(SPLIT, "val", Evaluation(), 0, Objective(loss, batchwise=True))
    count = len(SPLIT.edges("val"))
    sizes = [5] * (count // 5) + [count % 5] * bool(count % 5)
    expected = sum(step * size for step, size in enumerate(sizes, start=1)) / count
    assert evaluator.measure(scoring, ["loss"])["loss"] == pytest.approx(expected)
    first, seen = seen, []
    evaluator.measure(scoring, ["loss"])
    assert [batch.pairs.size(1) for batch in first] == sizes
    assert all(torch.equal(one.user, two.user) for one, two in zip(first, seen, strict=True))


def test_wrong_company_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as refused:
        load_recipe("movielens_sage", {"loss.name": "directau"})
    assert "negatives: loss 'directau' looks at the batch's own items and takes no negatives; leave it out" in str(
        refused.value
    )
    changes = {"loss.name": "directau", "decoder.name": "mlp", "split.name": "random_link"}
    data = pd.DataFrame({"user": DATA.edges.users, "item": DATA.edges.items})
    with pytest.raises(UsageError) as error:
        run("gowalla_lightgcn", changes, data=data, out=tmp_path)
    assert str(error.value) == (
        "loss 'directau' compares embeddings and never asks the decoder, so that decoder 'mlp' would keep the weights "
        "that it was drawn with; use decoder.name: dot, or a loss of scores, such as sampled_softmax"
    )
    closed_form = HistoryScoring(nn.Identity(), SPLIT.edges("train"))
    with pytest.raises(UsageError, match="has no embeddings, so no loss of embeddings can be told"):
        closed_form.embed(torch.zeros(2, 1).long(), torch.ones(1))
