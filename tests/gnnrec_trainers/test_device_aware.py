from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from trained_models import DATA, task, trained

from gnnrec import TrainingError, UsageError
from gnnrec_trainers.best_epoch import gain
from gnnrec_trainers.device_aware import DeviceAware

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from gnnrec.modelling.model import Model


def test_it_learns_a_checkerboard_almost_without_loss() -> None:
    fit, history, given = trained(epochs=200)
    assert history[-1].train_loss < 0.01
    # Telling nothing apart, that is giving every pair a probability of 1/3, costs 0.637.
    assert fit.best.val["loss"] < 0.4
    assert given.validate(given.model, 1)["auc"] > 0.95
    assert fit.device == "cpu"


def test_the_history_has_every_epoch_in_order() -> None:
    _, history, _ = trained(epochs=4, learning_rate=0.05)
    assert [record.epoch for record in history] == [1, 2, 3, 4]
    assert {record.lr for record in history} == {0.05}
    assert all(0 < record.seconds < 60 for record in history)
    first = history[0].to_json()
    assert list(first) == ["epoch", "train_loss", "val_loss", "val_auc", "val_ap", "lr", "seconds"]


def test_the_model_is_left_with_the_weights_of_the_best_epoch() -> None:
    # Large steps make the loss jump about, so that the best epoch is not the last one.
    fit, history, given = trained(epochs=30, learning_rate=0.5)
    losses = [record.val["loss"] for record in history]
    assert fit.best.val["loss"] == min(losses)
    assert fit.best.epoch == 1 + losses.index(min(losses)) < 30
    assert given.validate(given.model, 1)["loss"] == min(losses)


@pytest.mark.parametrize(
    ("monitor", "values", "best"),
    [
        ("loss", [0.5, 0.3, 0.9, 0.3], 2),
        ("auc", [0.5, 0.9, 0.3, 0.9], 2),
        ("ap", [0.5, 0.4, 0.3, 0.6], 4),
    ],
)
def test_the_monitored_metric_chooses_the_first_of_the_best_epochs(
    monitor: str, values: list[float], best: int
) -> None:
    given, history = task()
    seen: list[dict[str, Tensor]] = []

    def validate(model: Model, epoch: int) -> Mapping[str, float]:  # noqa: ARG001 - every epoch alike
        seen.append({name: value.clone() for name, value in model.state_dict().items()})
        return {"loss": 0.1, monitor: values[len(seen) - 1]}

    trainer = DeviceAware(epochs=4, monitor=monitor, device="cpu", learning_rate=0.02)
    fit = trainer.fit(replace(given, validate=validate))
    assert fit.best == history[best - 1]
    assert all(torch.equal(value, seen[best - 1][name]) for name, value in given.model.state_dict().items())
    assert not torch.equal(seen[0]["encoder.layers.0.own.user.weight"], seen[1]["encoder.layers.0.own.user.weight"])


@pytest.mark.parametrize(("optimizer", "rate"), [("adam", 0.01), ("adamw", 0.01), ("sgd", 0.3)])
def test_each_optimizer_brings_the_loss_down(optimizer: str, rate: float) -> None:
    _, history, _ = trained(epochs=40, optimizer=optimizer, learning_rate=rate)
    assert history[-1].train_loss < 0.8 * history[0].train_loss


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_loss_that_is_not_finite_ends_training_with_advice(optimizer: str) -> None:
    advice = r"the (validation )?loss is (nan|inf) in epoch 1; try a smaller trainer.learning_rate \(now 1e\+25\), "
    with pytest.raises(TrainingError, match=advice + "trainer.clip_norm: 1 or trainer.precision: 32-true$"):
        trained(epochs=3, learning_rate=1e25, optimizer=optimizer)


@pytest.mark.parametrize("where", ["training", "validation"])
def test_the_loss_is_watched_in_training_and_in_validation(where: str) -> None:
    given, history = task()
    broken_loss = {"loss": lambda positive, _: positive.sum() * math.nan}
    changed = broken_loss if where == "training" else {"validate": lambda *_: {"loss": math.inf}}
    trainer = DeviceAware(epochs=2, device="cpu", learning_rate=0.02)
    with pytest.raises(TrainingError) as error:
        trainer.fit(replace(given, **changed))
    said = "loss is nan" if where == "training" else "validation loss is inf"
    assert str(error.value) == (
        f"the {said} in epoch 1; try a smaller trainer.learning_rate (now 0.02), trainer.clip_norm: 1 "
        "or trainer.precision: 32-true"
    )
    assert history == []


def test_the_same_seed_gives_the_same_history_and_another_another() -> None:
    def losses(seed: int) -> list[float]:
        return [record.train_loss for record in trained(seed, epochs=3)[1]]

    assert losses(0) == losses(0) != losses(1)


def test_bf16_mixed_precision_runs_on_cpu_and_stays_close() -> None:
    plain, mixed = (trained(epochs=60, precision=precision)[1] for precision in ("32-true", "bf16-mixed"))
    assert [record.train_loss for record in mixed] != [record.train_loss for record in plain]
    assert mixed[0].train_loss == pytest.approx(plain[0].train_loss, rel=0.02)
    assert mixed[-1].train_loss < 0.5 * mixed[0].train_loss


@pytest.mark.parametrize(
    ("device", "check"),
    [("cuda", "torch.cuda.is_available"), ("mps", "torch.backends.mps.is_available")],
)
def test_a_device_that_is_not_there_is_told(device: str, check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, lambda: False)
    with pytest.raises(UsageError) as error:
        trained(device=device)
    assert str(error.value) == f"trainer.device: {device} is not available on this machine; use auto"


class Fresh(torch.nn.Module):
    """A sampler that counts how often it is asked, and remembers what its generators gave."""

    def __init__(self, every: str) -> None:
        super().__init__()
        self.every, self.drawn = every, []

    def forward(self, batch: Any, generator: torch.Generator, score: Callable[..., Tensor] | None = None) -> Any:  # noqa: ARG002
        self.drawn.append(torch.rand(1, generator=generator).item())
        return batch.users[:, None], (batch.items[:, None] + 1) % DATA.edges.num_items


@pytest.mark.parametrize(("every", "times"), [("run", 1), ("epoch", 3)])
def test_a_sampler_is_asked_each_epoch_with_a_generator_of_its_own_unless_it_keeps_them(every: str, times: int) -> None:
    given, _ = task()
    sampler = Fresh(every)
    DeviceAware(epochs=3, device="cpu").fit(replace(given, sampler=sampler))
    streams = given.streams
    expected = [torch.rand(1, generator=streams.generator("negatives", epoch=epoch)).item() for epoch in (1, 2, 3)]
    assert sampler.drawn == expected[:times]


def test_a_loss_gains_by_being_lower_and_everything_else_by_being_higher() -> None:
    assert gain("loss", 0.25, 0.5) == 0.25
    assert gain("auc", 0.25, 0.5) == -0.25
    assert gain("loss", 0.5, 0.5) == 0
