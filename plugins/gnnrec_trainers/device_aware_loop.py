"""The training loop, on Lightning Fabric."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, cast

import torch
from lightning_fabric import Fabric

from gnnrec import TrainingError, UsageError
from gnnrec.training import Batch, EpochRecord, Fit

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch_geometric.data import HeteroData

    from gnnrec.interactions import Edges
    from gnnrec.training import TrainingTask
    from gnnrec_trainers.device_aware import DeviceAware

OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
}


def fit(config: DeviceAware, task: TrainingTask) -> Fit:
    """Train `task.model` and leave it with the best epoch's weights; see `DeviceAware.fit`."""
    fabric = Fabric(accelerator=available(config.device), devices=1, precision=config.precision)
    fabric.launch()
    optimizer = _optimizer(config, task.model, fabric.device)
    model, optimizer = fabric.setup(task.model, optimizer)
    graph = task.graph.clone().to(fabric.device)
    compute_loss = (Listwise if task.sampler is None else Pairwise)(task, fabric.device)
    kept = _BestWeights(task.model)
    best: EpochRecord | None = None
    for epoch in range(1, config.epochs + 1):
        started = time.perf_counter()
        model.train()
        loss = compute_loss(model, graph, epoch)
        optimizer.zero_grad()
        fabric.backward(loss)
        optimizer.step()
        train_loss = float(loss.detach())
        _check_finite("loss", train_loss, epoch, config)
        val = task.validate(task.model, epoch)
        _check_finite("validation loss", val["loss"], epoch, config)
        seconds = time.perf_counter() - started
        record = EpochRecord(epoch, train_loss, val, optimizer.param_groups[0]["lr"], round(seconds, 6))
        if best is None or better(config.monitor, val, best.val):
            best = record
            kept.take()
        task.epoch_ended(record)
    if best is None:
        raise AssertionError("epochs is at least 1")
    kept.put_back()
    return Fit(best, str(fabric.device))


def available(device: str) -> str:
    """The device itself, if it is there.

    Raises:
        UsageError: It is not.
    """
    found = {
        "auto": True,
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not found[device]:
        raise UsageError(f"trainer.device: {device} is not available on this machine; use auto")
    return device


def better(monitor: str, new: Any, old: Any) -> bool:
    """Whether validation metrics `new` beat `old`: a loss by being lower, anything else by being higher.

    >>> better("loss", {"loss": 0.3}, {"loss": 0.4}), better("auc", {"auc": 0.8}, {"auc": 0.8})
    (True, False)
    """
    return bool(new[monitor] < old[monitor] if monitor == "loss" else new[monitor] > old[monitor])


class Pairwise:
    """The loss of all supervision edges against their negatives."""

    def __init__(self, task: TrainingTask, device: torch.device) -> None:
        self._task, self._device = task, device
        self._batch = whole_batch(task.supervision, device)
        self._sampler = cast("nn.Module", task.sampler).to(device)
        self._pairs: Tensor | None = None

    def __call__(self, model: nn.Module, graph: HeteroData, epoch: int) -> Tensor:
        """The loss in one epoch, a scalar."""
        if self._pairs is None or getattr(self._sampler, "every", "step") != "run":
            generator = self._task.streams.generator("negatives", epoch=epoch, device=self._device)
            users, items = self._sampler(self._batch, generator)  # each [B, R]
            users, items = users.flatten(), items.flatten()
            self._pairs = torch.stack([torch.cat([self._batch.users, users]), torch.cat([self._batch.items, items])])
        scores = model(graph, self._pairs)
        positives = len(self._batch.users)
        return self._task.loss(scores[:positives], scores[positives:].view(positives, -1))


class Listwise:
    """The loss of all supervision edges against every item, for all users that have some."""

    def __init__(self, task: TrainingTask, device: torch.device) -> None:
        self._task = task
        batch = whole_batch(task.supervision, device)
        self._users, rows = torch.unique(batch.users, return_inverse=True)
        self._positives = torch.stack([rows, batch.items])

    def __call__(self, model: nn.Module, graph: HeteroData, epoch: int) -> Tensor:  # noqa: ARG002 - nothing is drawn
        """The loss in one epoch, a scalar."""
        return self._task.loss(model(graph, self._users), self._positives)


def whole_batch(supervision: Edges, device: torch.device) -> Batch:
    """All supervision edges in one batch."""
    return Batch(
        torch.arange(len(supervision), device=device),
        torch.from_numpy(supervision.users).to(device),
        torch.from_numpy(supervision.items).to(device),
    )


def _check_finite(what: str, value: float, epoch: int, config: DeviceAware) -> None:
    if not math.isfinite(value):
        raise TrainingError(
            f"the {what} is {value} in epoch {epoch}; try a smaller trainer.learning_rate "
            f"(now {config.learning_rate:g}) or trainer.precision: 32-true"
        )


def _pairs(batch: Batch, users: Tensor, items: Tensor) -> Tensor:
    """Positives, then the negatives of each: int64 [2, B + B·R]."""
    return torch.stack([torch.cat([batch.users, users.flatten()]), torch.cat([batch.items, items.flatten()])])


def _optimizer(config: DeviceAware, model: nn.Module, device: torch.device) -> torch.optim.Optimizer:
    options: dict[str, Any] = {"lr": config.learning_rate}
    if device.type in {"cpu", "cuda", "mps"}:
        options["fused"] = True  # one kernel over all parameters instead of several per parameter
    return OPTIMIZERS[config.optimizer](model.to(device).parameters(), **options)


class _BestWeights:
    """A copy of a model's weights, overwritten in place."""

    def __init__(self, model: nn.Module) -> None:
        self._live = model.state_dict()
        self._copy = {name: value.clone() for name, value in self._live.items()}

    def take(self) -> None:
        """Copy the model's weights."""
        for name, value in self._live.items():
            self._copy[name].copy_(value)

    def put_back(self) -> None:
        """Give the model the weights that were taken last."""
        for name, value in self._live.items():
            value.copy_(self._copy[name])
