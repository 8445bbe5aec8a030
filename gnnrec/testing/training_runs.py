"""Short trainings of the toy model, and all that can be seen of them from outside."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from gnnrec.contract.training import Checkpoint, Checkpoints, EpochRecord, Fit, TrainableModel, TrainingTask
from gnnrec.randomness import Streams
from gnnrec.testing.checkerboard import Checkerboard
from gnnrec.testing.comparing import difference
from gnnrec.testing.toy_data import toy_graph
from gnnrec.testing.toy_model import ToyNegatives, batchwise_loss, listwise_loss, pairwise_loss, toy_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch_geometric.data import HeteroData

    from gnnrec.contract.kinds import Trainer
    from gnnrec.data.edges import Edges
    from gnnrec.modelling.model import Model

    Values = Mapping[str, float]
    """Validation metrics by name."""

LossKind = Literal["pairwise", "listwise", "batchwise"]

LOSS_FUNCTIONS: dict[LossKind, Callable[..., Tensor]] = {
    "pairwise": pairwise_loss,
    "listwise": listwise_loss,
    "batchwise": batchwise_loss,
}

BOARD = Checkerboard()

LEARNING_EPOCHS = 50
"""Epochs in which the checkerboard has to be learned; five steps of 0.001 by Adam are enough."""

FEW = 4
"""Epochs of all other trainings."""

LOSSES = (3.0, 1.0, 2.0, 2.5)
"""What validation says in these: the second epoch is the best."""

DEVICE_TOLERANCE = 1e-4
"""How far two trainings may differ on a device whose sums have no fixed order."""


@dataclass(frozen=True)
class TrainerCase:
    """A trainer.

    Attributes:
        component: Its fields are checked as they are, but for `epochs` and `monitor`.
        epochs: In how many epochs it has to learn the checkerboard.
    """

    component: Trainer
    epochs: int = LEARNING_EPOCHS


class KeptCheckpoints(Checkpoints):
    """Checkpoints in memory; one is always due.

    Args:
        start: What to start from.
        stop_at: The save, counted from 1, at which the run is asked to stop; None: it is not.

    Attributes:
        saved: As a run would read them back: tensors copied, values through JSON.
    """

    def __init__(self, start: Checkpoint | None = None, stop_at: int | None = None) -> None:
        self.saved: list[Checkpoint] = []
        self._start, self._stop_at = start, stop_at

    def restore(self) -> Checkpoint | None:
        """What was given."""
        return self._start

    def due(self) -> bool:
        """Always."""
        return True

    def save(self, checkpoint: Checkpoint) -> None:
        """Keep it.

        Raises:
            KeyboardInterrupt: It is the one at which to stop.
        """
        tensors = {name: tensor.detach().cpu().clone() for name, tensor in checkpoint.tensors.items()}
        self.saved.append(replace(checkpoint, tensors=tensors, values=json.loads(json.dumps(dict(checkpoint.values)))))
        if len(self.saved) == self._stop_at:
            raise KeyboardInterrupt


@dataclass
class Training:
    """A toy to train on, and what was seen while it was trained.

    Attributes:
        component: The trainer.
        fields: Values of its fields other than its own.
        loss: Its kind; there is no sampler but with a pairwise one.
        values: Gives validation metrics for an epoch and the model's loss; by default that loss, and its negative as
            what is monitored.
        checkpoints: Where the state is kept.
        replay: The epochs to go through again, in a refit.
        graph: What is propagated over.
        supervision: What is learned from.
        sampler: Gives negatives and remembers how it was asked.
        model: What is trained.
        records: What `epoch_ended` was called with.
        events: The calls in order, as (which, epoch).
        weights: The model's weights after each epoch that was validated.
    """

    component: Trainer
    fields: Mapping[str, Any] = field(default_factory=dict)
    loss: LossKind = "pairwise"
    values: Callable[[int], Values] | None = None
    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    replay: Sequence[EpochRecord] | None = None
    graph: HeteroData = field(default_factory=lambda: toy_graph(BOARD.known, {}))
    supervision: Edges = field(default_factory=lambda: BOARD.known)
    sampler: ToyNegatives = field(default_factory=lambda: ToyNegatives(BOARD.known))
    model: Model = field(default_factory=lambda: toy_model(toy_graph(BOARD.known, {})))
    records: list[EpochRecord] = field(default_factory=list)
    events: list[tuple[str, int]] = field(default_factory=list)
    weights: dict[int, dict[str, Tensor]] = field(default_factory=dict)

    def fit(self) -> Fit:
        """Train."""
        trainer = type(self.component).model_validate(self.component.model_dump() | dict(self.fields))
        self._monitor = trainer.monitor
        return trainer.fit(
            TrainingTask(
                model=self.model,
                graph=self.graph,
                supervision=self.supervision,
                sampler=self.sampler if self.loss == "pairwise" else None,
                loss=LOSS_FUNCTIONS[self.loss],
                validate=self._validate,
                epoch_ended=self._ended,
                streams=Streams(0),
                checkpoints=self.checkpoints,
                replay=self.replay,
                batchwise=self.loss == "batchwise",
            )
        )

    def scores(self) -> Tensor:
        """All scores of the model as it is now: float32 [U, I], on CPU."""
        model, was_training = self.model, self.model.training
        model.eval()
        with torch.no_grad():
            user, item = model.encoder(self.graph.clone().to(model.device))
            scores = model.score_all(user, item).cpu()
        model.train(was_training)
        return scores

    def history(self) -> list[dict[str, float]]:
        """The records, without the time that each epoch took."""
        return [
            {name: value for name, value in record.to_json().items() if name != "seconds"} for record in self.records
        ]

    def _validate(self, model: TrainableModel, epoch: int) -> Values:
        self.events.append(("validate", epoch))
        self.weights[epoch] = _copy(model)
        if self.values is not None:
            return self.values(epoch)
        held_out = BOARD.held_out
        unknown = self.scores().masked_fill(BOARD.histories.to_dense() > 0, -torch.inf)
        loss = float(listwise_loss(unknown, torch.from_numpy(held_out.users).expand(2, -1)))
        return {"loss": loss} if self._monitor == "loss" else {"loss": loss, self._monitor: -loss}

    def _ended(self, record: EpochRecord) -> None:
        self.events.append(("epoch_ended", record.epoch))
        self.records.append(record)


def weights_differ(fit: Fit, first: Mapping[str, Tensor], second: Mapping[str, Tensor], name: str) -> str | None:
    """Where weights differ: bit for bit on CPU, beyond a tolerance elsewhere."""
    return difference(first, second, 0.0 if fit.device.startswith("cpu") else DEVICE_TOLERANCE, name)


def final_weights(training: Training) -> dict[str, Tensor]:
    """The model's weights as training left them, on CPU."""
    return _copy(training.model)


def _copy(model: TrainableModel) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
