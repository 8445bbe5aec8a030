"""The training loop."""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING, Any, Literal, cast

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from gnnrec import TrainingError, UsageError
from gnnrec.contract.training import Checkpoint, EpochRecord, Fit
from gnnrec_trainers.best_epoch import BestEpoch
from gnnrec_trainers.devices import chosen_device
from gnnrec_trainers.freed_memory import keep_freed_memory
from gnnrec_trainers.neighborhoods import SampledBatchwise, SampledPairwise
from gnnrec_trainers.objectives import Batchwise, Listwise, Pairwise, Supervision, half_squared_norm
from gnnrec_trainers.optimizer_state import load_state, split_state
from gnnrec_trainers.precision import Precision
from gnnrec_trainers.weights import overwrite

if TYPE_CHECKING:
    from torch import Tensor, nn

    from gnnrec.contract.training import TrainableModel, TrainingTask
    from gnnrec_trainers.device_aware_fields import DeviceAwareFields
    from gnnrec_trainers.objectives import Objective

logger = logging.getLogger("gnnrec")

OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
}

UNREAD_LOSSES = 50
"""Steps on an accelerator between two looks at the loss, each of which waits for the device."""


class Training:
    """One training: what moves (weights, optimizer, schedule, the place in the epoch) and how it moves.

    Args:
        config: The recipe's component.
        task: What is trained.
    """

    def __init__(self, config: DeviceAwareFields, task: TrainingTask) -> None:
        self._config, self._task = config, task
        scheduler = config.scheduler
        if scheduler is not None and scheduler.watches and any(math.isnan(epoch.lr) for epoch in task.replay or ()):
            raise UsageError(
                f"trainer.scheduler: {scheduler.name} goes by validation, and nothing is val; take another one, or "
                "hold something out: split.val: 0.1"
            )
        self._device = chosen_device(config.device)
        keep_freed_memory()
        self._precision = Precision.named(config.precision, self._device)
        self._module = cast("nn.Module", task.model).to(self._device)
        self._optimizer = _optimizer(config, self._module, self._device)
        self._objective = objective(config, task, self._device)
        self._schedule = self._built_schedule()
        self._average = averaged(self._module, config.ema) if config.ema is not None else None
        self._best = BestEpoch(task.model, config.monitor, config.patience, config.min_delta)
        self._epoch, self._step = 1, 0
        self._loss_sum = torch.zeros((), device=self._device)
        self._unread: list[Tensor] = []
        self._restore(task.checkpoints.restore())

    @property
    def _judged(self) -> TrainableModel:
        """The model that is validated and kept: the average of the weights where there is one."""
        return self._task.model if self._average is None else cast("TrainableModel", self._average.module)

    def run(self) -> Fit:
        """Train to the end and leave `task.model` with the best epoch's weights, or the last one's in a refit."""
        config, replay = self._config, self._task.replay
        last = config.epochs if replay is None else len(replay)
        while self._epoch <= last and not self._best.is_over:
            started = time.perf_counter()
            if replay is not None and self._watches:
                self._set_rate(replay[self._epoch - 1].lr)
            train_loss, rate = self._train_epoch()
            if replay is None:
                record = self._validated(train_loss, rate, started)
            else:
                record = EpochRecord(self._epoch, train_loss, {}, rate, _seconds_since(started))
                if self._epoch == last:
                    self._best.choose(record, self._judged)
            self._epoch, self._step = self._epoch + 1, 0
            self._loss_sum.zero_()
            self._task.epoch_ended(record)
            self._save_if_due()
        best = self._best.put_back(self._task.model)
        if self._best.is_over and self._epoch <= last:
            logger.info(
                "stopped after epoch %d: val %s was not better for %d epochs; the best is epoch %d",
                self._epoch - 1,
                config.monitor,
                self._best.waited,
                best.epoch,
            )
        return Fit(best, str(self._device))

    def _train_epoch(self) -> tuple[float, float]:
        """The rest of the current epoch: its mean loss, and the learning rate of its last step."""
        steps, accumulate = self._objective.supervision.steps, self._config.accumulate
        self._module.train()
        rate = self._optimizer.param_groups[0]["lr"]
        while self._step < steps:
            group = range(self._step, min(self._step + accumulate, steps))
            for step in group:
                self._backward(step, len(group))
            self._step = group.stop
            rate = self._take_step()
            last = self._step == steps
            if self._device.type == "cpu" or last or len(self._unread) >= UNREAD_LOSSES:
                self._check_losses()
            if not last:
                self._save_if_due()
        return self._loss_sum.item() / len(self._task.supervision), rate

    def _backward(self, step: int, group: int) -> None:
        config, task = self._config, self._task
        with self._precision.autocast():
            loss, scored = self._objective.loss(task.model, self._epoch, step)
            auxiliary = getattr(task.model.encoder, "auxiliary_loss", None)
            if auxiliary is not None:
                loss = loss + auxiliary(scored.graph, scored.positives, self._generator("auxiliary loss", step))
            if config.l2:
                loss = loss + config.l2 * half_squared_norm(task.model, scored)
        self._precision.backward(loss / group if group > 1 else loss)
        self._loss_sum += loss.detach() * len(scored.edge_ids)
        self._unread.append(loss.detach())

    def _take_step(self) -> float:
        """One step of the optimizer, and of what follows it; gives its learning rate."""
        rate: float = self._optimizer.param_groups[0]["lr"]
        self._precision.step(self._optimizer, self._config.clip_norm)
        self._optimizer.zero_grad()
        if self._average is not None:
            self._average.update_parameters(self._module)
        if self._schedule is not None and not self._watches:
            self._schedule.step()
        return rate

    def _validated(self, train_loss: float, rate: float, started: float) -> EpochRecord:
        """Judge the epoch, and move the schedule where it watches how epochs do."""
        val = self._task.validate(self._judged, self._epoch)
        if not math.isfinite(val["loss"]):
            raise self._not_finite("validation loss", val["loss"], None)
        record = EpochRecord(self._epoch, train_loss, val, rate, _seconds_since(started))
        self._best.judge(record, self._judged)
        if self._schedule is not None and self._watches:
            self._schedule.step(val[self._config.monitor])  # type: ignore[arg-type]
        return record

    @property
    def _watches(self) -> bool:
        return self._config.scheduler is not None and self._config.scheduler.watches

    def _set_rate(self, rate: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def _built_schedule(self) -> torch.optim.lr_scheduler.LRScheduler | None:
        config = self._config
        if config.scheduler is None:
            return None
        mode: Literal["min", "max"] = "min" if config.monitor == "loss" else "max"
        steps = -(-self._objective.supervision.steps // config.accumulate)
        return config.scheduler.build(self._optimizer, steps, config.epochs, mode)

    def _generator(self, purpose: str, step: int) -> torch.Generator:
        return self._task.streams.generator(purpose, epoch=self._epoch, step=step, device=self._device)

    def _check_losses(self) -> None:
        """Raise for the first loss since the last look that is not finite."""
        losses = torch.stack(self._unread).tolist() if self._unread else []
        first = self._step - len(losses)
        self._unread.clear()
        for step, value in enumerate(losses, first):
            if not math.isfinite(value):
                raise self._not_finite("loss", value, step)

    def _not_finite(self, what: str, value: float, step: int | None) -> TrainingError:
        steps = self._objective.supervision.steps
        where = f", step {step + 1} of {steps}" if step is not None and steps > 1 else ""
        config = self._config
        clip = "" if config.clip_norm is not None else ", trainer.clip_norm: 1"
        return TrainingError(
            f"the {what} is {value} in epoch {self._epoch}{where}; try a smaller trainer.learning_rate "
            f"(now {config.learning_rate:g}){clip} or trainer.precision: 32-true"
        )

    def _save_if_due(self) -> None:
        """Save a checkpoint where one is due, but none of weights that the last step has broken."""
        if not self._task.checkpoints.due():
            return
        self._check_losses()
        if all(bool(value.isfinite().all()) for value in self._task.model.state_dict().values()):
            self._task.checkpoints.save(self._checkpoint())

    def _checkpoint(self) -> Checkpoint:
        optimizer_tensors, optimizer_values = split_state(self._optimizer)
        parts: dict[str, dict[str, Tensor]] = {
            "model": self._task.model.state_dict(),
            "best": self._best.tensors(),
            "average": self._average.state_dict() if self._average is not None else {},
            "optimizer": optimizer_tensors,
            "random": {"cpu": torch.get_rng_state()},
            "loss": {"sum": self._loss_sum},
        }
        if self._device.type == "cuda":
            parts["random"]["cuda"] = torch.cuda.get_rng_state(self._device)
        return Checkpoint(
            self._epoch,
            self._step,
            {f"{part}/{name}": value for part, tensors in parts.items() for name, value in tensors.items()},
            {
                "optimizer": optimizer_values,
                "schedule": self._schedule.state_dict() if self._schedule is not None else None,
                "precision": self._precision.state(),
                **self._best.values(),
            },
        )

    def _restore(self, checkpoint: Checkpoint | None) -> None:
        if checkpoint is None:
            return

        def part(name: str) -> dict[str, Tensor]:
            prefix = f"{name}/"
            return {
                key.removeprefix(prefix): value for key, value in checkpoint.tensors.items() if key.startswith(prefix)
            }

        values = checkpoint.values
        with torch.no_grad():
            overwrite(self._task.model.state_dict(), part("model"))
            if self._average is not None:
                overwrite(self._average.state_dict(), part("average"))
            self._best.restore(part("best"), values)
        self._loss_sum = part("loss")["sum"].to(self._device)
        load_state(self._optimizer, part("optimizer"), values["optimizer"])
        if self._schedule is not None:
            self._schedule.load_state_dict(values["schedule"])
        self._precision.restore(values["precision"])
        random = part("random")
        torch.set_rng_state(random["cpu"])
        if "cuda" in random and self._device.type == "cuda":
            torch.cuda.set_rng_state(random["cuda"], self._device)
        self._epoch, self._step = checkpoint.epoch, checkpoint.step


def objective(config: DeviceAwareFields, task: TrainingTask, device: torch.device) -> Objective:
    """What a step minimises, by the kind of the loss and the way of propagating.

    Raises:
        UsageError: A listwise loss is to be trained on sampled neighbourhoods.
    """
    if task.sampler is None and not task.batchwise:
        if config.fan_out is not None:
            raise UsageError("trainer.fan_out: a listwise loss scores all items, so it propagates over the whole graph")
        return Listwise(task, Supervision(task, config.batch_size, device))
    if config.fan_out is None:
        whole = Batchwise if task.batchwise else Pairwise
        return whole(task, Supervision(task, config.batch_size, device))
    sampled = SampledBatchwise if task.batchwise else SampledPairwise
    return sampled(
        task,
        config.fan_out,
        replace=config.replace,
        workers=config.workers,
        batch_size=config.batch_size,
        device=device,
    )


def averaged(model: nn.Module, decay: float) -> AveragedModel:
    """A copy of the model whose weights follow an exponential moving average."""
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))  # type: ignore[no-untyped-call]


def _seconds_since(started: float) -> float:
    return round(time.perf_counter() - started, 6)


def _optimizer(config: DeviceAwareFields, module: nn.Module, device: torch.device) -> torch.optim.Optimizer:
    options: dict[str, Any] = {"lr": config.learning_rate}
    if config.weight_decay:
        options["weight_decay"] = config.weight_decay
    if device.type in {"cpu", "cuda", "mps"}:
        options["fused"] = True  # one kernel over all parameters instead of several per parameter
    return OPTIMIZERS[config.optimizer](module.parameters(), **options)
