from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn
from trained_models import DATA, SPLIT, task, trained

from gnnrec import RecipeError, UsageError, load_recipe
from gnnrec.modelling.model import Model
from gnnrec.testing import toy_interactions
from gnnrec_decoders.dot import Dot
from gnnrec_encoders.hetero_sage import HeteroSAGE
from gnnrec_encoders.lightgcn import LightGCN
from gnnrec_encoders.lightgcn_module import LightGCNModule
from gnnrec_graphs.bipartite import Bipartite
from gnnrec_graphs.relational import Relational
from gnnrec_losses.functional import softmax
from gnnrec_negatives.dynamic import Dynamic
from gnnrec_negatives.hard import Hard
from gnnrec_negatives.static import Static
from gnnrec_splits.random_link import RandomLink
from gnnrec_trainers import objectives
from gnnrec_trainers.device_aware import DeviceAware
from gnnrec_trainers.objectives import Supervision

if TYPE_CHECKING:
    from gnnrec import GraphBuilder, Interactions
    from gnnrec.contract.training import Batch, EpochRecord, TrainingTask

POSITIVES = len(SPLIT.supervision_edges)
CPU = torch.device("cpu")


def losses(history: list[EpochRecord]) -> list[float]:
    return [record.train_loss for record in history]


def fitted(given: TrainingTask, **fields: Any) -> dict[str, torch.Tensor]:
    """The weights after training, the last epoch's since it is the only one."""
    DeviceAware(**({"device": "cpu", "learning_rate": 0.02, "epochs": 1} | fields)).fit(given)
    return given.model.state_dict()


def test_each_epoch_goes_through_every_edge_once_in_an_order_of_its_own() -> None:
    given, _ = task()
    supervision = Supervision(given, 10, CPU)
    assert supervision.steps == math.ceil(POSITIVES / 10)
    orders = []
    for epoch in (1, 2):
        batches = [supervision.batch(epoch, step) for step in range(supervision.steps)]
        assert [len(batch.users) for batch in batches[:-1]] == [10] * (supervision.steps - 1)
        assert {batch.epoch for batch in batches} == {epoch}
        order = torch.cat([batch.edge_ids for batch in batches])
        assert sorted(order.tolist()) == list(range(POSITIVES))
        users = torch.cat([batch.users for batch in batches])
        assert users.tolist() == given.supervision.users[order].tolist()
        orders.append(order.tolist())
    assert orders[0] != orders[1]
    # Whichever batch is asked for first, it is the same one.
    assert torch.equal(Supervision(given, 10, CPU).batch(2, 3).edge_ids, supervision.batch(2, 3).edge_ids)


def test_a_batch_size_above_the_data_is_one_batch() -> None:
    assert losses(trained(epochs=5)[1]) == losses(trained(epochs=5, batch_size=10_000)[1])


def test_mini_batches_learn_the_checkerboard() -> None:
    fit, history, given = trained(epochs=40, batch_size=16)
    assert history[-1].train_loss < 0.05
    assert fit.best.val["loss"] < 0.4
    assert given.validate(given.model, 1)["auc"] > 0.95


def test_gradients_of_accumulated_batches_are_averaged() -> None:
    # Two equal halves and plain gradient descent: their mean gradient is the whole's, whatever the order.
    half = POSITIVES // 2
    assert 2 * half == POSITIVES
    whole = fitted(task()[0], optimizer="sgd")
    halves = fitted(task()[0], optimizer="sgd", batch_size=half, accumulate=2)
    apart = fitted(task()[0], optimizer="sgd", batch_size=half)
    for name, value in whole.items():
        torch.testing.assert_close(halves[name], value, atol=1e-6, rtol=1e-5)
    assert any(not torch.allclose(apart[name], value, atol=1e-6) for name, value in whole.items())


@pytest.mark.parametrize(
    ("scheduler", "rates"),
    [
        ({"name": "step", "every": 2, "factor": 0.5}, [0.2, 0.2, 0.1, 0.1, 0.05, 0.05]),
        ({"name": "linear_warm_up", "epochs": 3}, [0.05, 0.1, 0.15, 0.2, 0.2, 0.2]),
        ({"name": "cosine"}, [0.1 * (1 + math.cos(math.pi * epoch / 6)) for epoch in range(6)]),
        (
            {"name": "cosine", "warm_up": 2, "end": 0.1},
            [0.2 / 3, 0.4 / 3, *(0.02 + 0.09 * (1 + math.cos(math.pi * epoch / 4)) for epoch in range(4))],
        ),
    ],
    ids=["step", "linear_warm_up", "cosine", "cosine after a warm-up"],
)
def test_schedules_follow_their_formula(scheduler: dict[str, Any], rates: list[float]) -> None:
    _, history, _ = trained(epochs=6, learning_rate=0.2, scheduler=scheduler)
    assert [record.lr for record in history] == pytest.approx(rates)


def test_one_cycle_rises_and_falls_within_the_steps_of_all_epochs() -> None:
    _, history, _ = trained(epochs=10, batch_size=20, learning_rate=0.2, scheduler={"name": "one_cycle", "rise": 0.3})
    rates = [record.lr for record in history]
    highest = rates.index(max(rates))
    assert highest == 2
    assert max(rates) == pytest.approx(0.2, rel=0.05)
    assert rates[0] < rates[1] < rates[2]
    assert rates[-1] < 0.001


@pytest.mark.parametrize(("monitor", "values"), [("loss", [3, 2, 2, 2, 2, 1]), ("auc", [0.1, 0.2, 0.2, 0.2, 0.2, 0.3])])
def test_a_plateau_of_the_monitored_metric_lowers_the_rate(monitor: str, values: list[float]) -> None:
    given, history = task()
    judged = replace(given, validate=lambda _, epoch: {"loss": 1.0, monitor: values[epoch - 1]})
    scheduler = {"name": "plateau", "patience": 1, "factor": 0.5}
    DeviceAware(device="cpu", epochs=6, learning_rate=0.2, monitor=monitor, scheduler=scheduler).fit(judged)
    assert [record.lr for record in history] == pytest.approx([0.2, 0.2, 0.2, 0.2, 0.1, 0.1])


@pytest.mark.parametrize(
    ("values", "min_delta", "stopped_after", "best"),
    [
        ([0.5, 0.4, 0.45, 0.42, 0.41, 0.3], 0.0, 5, 2),
        ([0.5, 0.4, 0.39, 0.385, 0.38, 0.1], 0.05, 5, 5),  # better, but not by enough
        ([0.5, 0.4, 0.45, 0.39, 0.45, 0.3], 0.0, 6, 6),
    ],
)
def test_patience_stops_and_the_best_epoch_stays_the_best(
    values: list[float], min_delta: float, stopped_after: int, best: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "gnnrec")
    given, history = task()
    judged = replace(given, validate=lambda _, epoch: {"loss": values[epoch - 1]})
    fit = DeviceAware(device="cpu", epochs=6, patience=3, min_delta=min_delta).fit(judged)
    assert len(history) == stopped_after
    assert fit.best.epoch == best
    said = f"stopped after epoch 5: val loss was not better for 3 epochs; the best is epoch {best}"
    assert caplog.messages == ([said] if stopped_after < 6 else [])


def test_clipped_gradients_make_short_steps() -> None:
    before = {name: value.clone() for name, value in task()[0].model.state_dict().items()}

    def moved(**fields: Any) -> float:
        after = fitted(task()[0], optimizer="sgd", learning_rate=1.0, **fields)
        return math.sqrt(sum(float((after[name] - value).square().sum()) for name, value in before.items()))

    assert moved() > 0.02
    assert moved(clip_norm=0.01) == pytest.approx(0.01, rel=1e-3)


def test_weight_decay_is_the_optimizers_own() -> None:
    before = {name: value.clone() for name, value in task()[0].model.state_dict().items()}
    plain = fitted(task()[0], optimizer="sgd", learning_rate=0.1)
    decayed = fitted(task()[0], optimizer="sgd", learning_rate=0.1, weight_decay=0.5)
    for name, value in plain.items():
        torch.testing.assert_close(decayed[name], value - 0.05 * before[name])


def test_the_average_of_weights_is_what_is_judged_and_kept() -> None:
    seen: list[torch.Tensor] = []
    given, _ = task()
    name = "encoder.layers.0.own.user.weight"

    def validate(model: nn.Module, epoch: int) -> dict[str, float]:
        seen.append(model.state_dict()[name].clone())
        return {"loss": 1.0 / epoch}

    raw: list[torch.Tensor] = []
    watched = replace(
        given, validate=validate, epoch_ended=lambda _: raw.append(given.model.state_dict()[name].clone())
    )
    DeviceAware(device="cpu", epochs=3, learning_rate=0.02, ema=0.75).fit(watched)
    average = raw[0]  # the first update takes the weights as they are
    for live, judged in zip(raw, seen, strict=True):
        average = 0.75 * average + 0.25 * live
        torch.testing.assert_close(judged, average)
    assert torch.equal(given.model.state_dict()[name], seen[-1])


class Layer0(nn.Module):
    """Embeddings and nothing else, with an auxiliary loss where one is given."""

    def __init__(self) -> None:
        super().__init__()
        self.user = nn.Parameter(torch.randn(DATA.edges.num_users, 4))
        self.item = nn.Parameter(torch.randn(DATA.edges.num_items, 4))

    def initial_embeddings(self, graph: Any) -> dict[str, torch.Tensor]:
        return {kind: getattr(self, kind)[graph[kind].node_id] for kind in ("user", "item")}

    def forward(self, graph: Any) -> tuple[torch.Tensor, ...]:
        return tuple(self.initial_embeddings(graph).values())


def test_l2_weighs_the_layer_0_rows_that_a_batch_scores() -> None:
    given, history = task()
    given.model.encoder = Layer0()
    batch = Supervision(given, None, CPU).whole
    users, items = (drawn.flatten() for drawn in given.sampler(batch, torch.Generator()))
    own = users != batch.users.repeat_interleave(2)
    assert 0 < int(own.sum()) < len(users)  # some negatives have their positive's user, whose row counts once
    user, item = given.model.encoder.user, given.model.encoder.item
    rows = [user[batch.users], item[batch.items], user[users[own]], item[items]]
    expected = 0.1 * sum(row.square().sum() for row in rows).item() / (2 * POSITIVES)
    plain, history_with = losses(trained_once(given, history)), losses(trained_once(given, history, l2=0.1))
    assert history_with[0] - plain[0] == pytest.approx(expected, rel=1e-4)


def trained_once(given: TrainingTask, history: list[EpochRecord], **fields: Any) -> list[EpochRecord]:
    """One epoch from the weights as they are, which it leaves as they are."""
    history.clear()
    before = {name: value.clone() for name, value in given.model.state_dict().items()}
    DeviceAware(device="cpu", epochs=1, optimizer="sgd", **fields).fit(given)
    given.model.load_state_dict(before)
    return list(history)


def test_l2_without_a_layer_0_is_told() -> None:
    given, _ = task()
    whole = given.model.encoder
    given.model.encoder = nn.Module()
    given.model.encoder.forward = whole.forward  # type: ignore[method-assign]
    given.model.encoder.inner = whole
    with pytest.raises(UsageError) as error:
        DeviceAware(device="cpu", epochs=1, l2=0.1).fit(given)
    assert str(error.value) == (
        "trainer.l2 weighs the encoder's initial_embeddings, and this encoder has none; set it to 0"
    )


def test_an_auxiliary_loss_is_added_with_a_generator_of_its_step() -> None:
    asked: list[tuple[int, float]] = []

    class Contrastive(Layer0):
        def auxiliary_loss(self, graph: Any, batch: Batch, generator: torch.Generator) -> torch.Tensor:  # noqa: ARG002
            asked.append((len(batch.users), torch.rand(1, generator=generator).item()))
            return self.user.new_tensor(7.0)

    given, history = task()
    given.model.encoder = Contrastive()
    plain = Layer0()
    plain.load_state_dict(given.model.encoder.state_dict())
    added = losses(trained_once(given, history, batch_size=POSITIVES // 2))
    given.model.encoder = plain
    assert added[0] - losses(trained_once(given, history, batch_size=POSITIVES // 2))[0] == pytest.approx(7, rel=1e-4)
    generators = [given.streams.generator("auxiliary loss", epoch=1, step=step) for step in (0, 1)]
    assert asked == [(POSITIVES // 2, torch.rand(1, generator=generator).item()) for generator in generators]


def test_a_listwise_loss_in_blocks_of_users_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def weights(cells: int) -> tuple[list[float], dict[str, torch.Tensor]]:
        monkeypatch.setattr(objectives, "BLOCK_CELLS", cells)
        given, history = task()
        listwise = replace(given, sampler=None, loss=lambda scores, positives: softmax(scores, positives, 1.0))
        return losses(history), fitted(listwise, epochs=3, optimizer="sgd")

    (whole, expected), (blocks, found) = weights(2**24), weights(3 * DATA.edges.num_items)
    assert blocks == pytest.approx(whole)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value)


@pytest.mark.parametrize(
    ("data", "builder"),
    [(DATA, Bipartite()), (toy_interactions(), Relational(weights="given"))],  # three node types and six edge types
    ids=["bipartite", "relational"],
)
def test_full_fan_outs_give_what_the_whole_graph_gives(data: Interactions, builder: GraphBuilder) -> None:
    # Message and supervision edges are apart, so that a batch takes no edge out of its neighbourhood.
    split = RandomLink(seed=0, disjoint_train=0.3).split(data)
    given = replace(task()[0], supervision=split.supervision_edges, validate=lambda *_: {"loss": 0.0})
    graph = builder.build(split.observed("train"))

    def model() -> Model:
        torch.manual_seed(0)
        return Model.build(HeteroSAGE(channels=8), Dot(), graph)

    sampler = Dynamic(corrupt="pair", ratio=2, every="step").build(
        split.train, split.supervision_edges, split.edges("train"), torch.Generator()
    )
    results = []
    for fields in ({}, {"fan_out": (-1, -1)}, {"fan_out": (-1, -1), "workers": 1}):
        again = replace(given, model=model(), graph=graph, sampler=sampler)
        results.append(fitted(again, optimizer="sgd", epochs=2, batch_size=8, **fields))
    for name, value in results[0].items():
        torch.testing.assert_close(results[1][name], value, atol=1e-5, rtol=1e-4)
        assert torch.equal(results[2][name], results[1][name])


@pytest.mark.slow
def test_a_batch_never_propagates_over_its_own_supervision_edges() -> None:
    from gnnrec_trainers.neighborhoods import SampledPairwise

    given, _ = task()  # every supervision edge is a message edge, too
    sampled = SampledPairwise(given, (-1, -1), replace=False, workers=0, batch_size=6, device=CPU)
    for step in range(3):
        prepared = sampled.prepare((1, step))
        graph, positives = prepared.graph, prepared.positives
        user, item = graph["user"].node_id, graph["item"].node_id
        scored = set(zip(user[positives.users].tolist(), item[positives.items].tolist(), strict=True))
        batch = sampled.supervision.batch(1, step)
        assert scored == set(zip(batch.users.tolist(), batch.items.tolist(), strict=True))
        forth = graph["user", "interacts", "item"].edge_index
        back = graph["item", "rev_interacts", "user"].edge_index.flip(0)
        for users, items in (forth, back):
            assert len(users)
            assert not scored & set(zip(user[users].tolist(), item[items].tolist(), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("fields", [{}, {"fan_out": (3, 3)}], ids=["whole graph", "neighbourhoods"])
def test_hard_negatives_score_higher_than_plain_ones(fields: dict[str, Any]) -> None:
    def first_loss(sampler: Any) -> float:
        given, history = task()
        built = sampler.build(SPLIT.train, SPLIT.supervision_edges, SPLIT.edges("train"), torch.Generator())
        fitted(replace(given, sampler=built), batch_size=20, **fields)
        return losses(history)[0]

    hard = first_loss(Hard(ratio=2, candidates=8, warm_up=0))
    assert hard > 1.1 * first_loss(Dynamic(ratio=2, every="step"))


def test_what_cannot_go_together_is_told() -> None:
    given, _ = task()
    listwise = replace(given, sampler=None)
    with pytest.raises(UsageError) as error:
        DeviceAware(device="cpu", fan_out=(2, 2)).fit(listwise)
    assert str(error.value) == (
        "trainer.fan_out: a listwise loss scores all items, so it propagates over the whole graph"
    )
    hard = Hard().build(SPLIT.train, SPLIT.supervision_edges, SPLIT.edges("train"), torch.Generator())
    with pytest.raises(UsageError) as error:
        DeviceAware(device="cpu", fan_out=(2, 2), workers=1).fit(replace(given, sampler=hard))
    assert str(error.value) == "trainer.workers: negatives that need scores cannot be drawn ahead; set it to 0"


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("trainer.batch_size=0", "trainer.batch_size: expected greater than 0, got 0"),
        ("trainer.fan_out=[5]", "trainer.fan_out: expected one number for each of the encoder's 2 layers, got 1"),
        ("trainer.fan_out=[5, -2]", "trainer.fan_out.1: expected greater than or equal to -1, got -2"),
        (
            "trainer.scheduler.name=cosin",
            "trainer.scheduler.name: no scheduler is called 'cosin'; did you mean 'cosine'?",
        ),
        (
            "trainer.scheduler={name: cosine, wam_up: 3}",
            "trainer.scheduler.wam_up: unknown key; did you mean 'warm_up'?",
        ),
        ("trainer.workers=1", "trainer: workers has no effect without fan_out; set fan_out too, or leave workers out"),
        (
            "trainer.min_delta=0.1",
            "trainer: min_delta has no effect without patience; set patience too, or leave min_delta out",
        ),
        ("trainer.scheduler={factor: 0.5}", "trainer.scheduler.name: this says which one to take and is missing"),
    ],
)
def test_mistakes_in_a_recipe_are_told(assignment: str, said: str) -> None:
    with pytest.raises(RecipeError) as error:
        load_recipe("movielens_sage", [assignment])
    (fault,) = error.value.faults
    assert f"{fault.path}: {fault.message}" == said


def test_an_encoder_has_as_many_hops_as_layers() -> None:
    hops = [getattr(load_recipe(name).encoder, "hops", None) for name in ("movielens_lightgcn", "baselines/mf")]
    assert hops == [2, 0]


@pytest.mark.parametrize(
    ("static", "size", "times"),
    [(False, 7, 2 * math.ceil(POSITIVES / 7)), (True, 7, 2 * math.ceil(POSITIVES / 7)), (False, None, 2)],
)
def test_an_encoder_that_embeds_rows_learns_what_it_would_from_all(
    static: bool, size: int | None, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches over the whole graph read some rows; weights come out as from all, with a norm that is weighed."""

    def weights() -> dict[str, torch.Tensor]:
        given, _ = task()
        with given.streams.global_state():
            model = Model.build(LightGCN(channels=4, layers=3), Dot(), given.graph)
        negatives = Static(corrupt="pair") if static else Dynamic(corrupt="item", ratio=2)
        sampler = negatives.build(SPLIT.train, given.supervision, SPLIT.edges("train"), torch.Generator())
        return fitted(replace(given, model=model, sampler=sampler), batch_size=size, epochs=2, l2=0.1)

    asked: list[int] = []
    embed_rows = LightGCNModule.embed_rows

    def counted(self: LightGCNModule, graph: Any, rows: Any) -> Any:
        asked.append(len(rows[0]))
        return embed_rows(self, graph, rows)

    monkeypatch.setattr(LightGCNModule, "embed_rows", counted)
    by_rows = weights()
    assert len(asked) == times
    monkeypatch.setattr(LightGCNModule, "embed_rows", lambda *_: None)
    torch.testing.assert_close(by_rows, weights(), atol=1e-5, rtol=1e-4)
