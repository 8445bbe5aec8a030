"""What passes between the run and a trainer, and from both to observers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import torch
    from torch import Tensor, nn
    from torch_geometric.data import HeteroData

    from gnnrec.data.edges import Edges
    from gnnrec.randomness import Streams


class TrainableModel(Protocol):
    """What a trainer is given to train: a torch module that encodes a graph and scores pairs of its nodes.

    gnnrec's own is `gnnrec.modelling.model.Model`.
    """

    encoder: nn.Module
    """Graph to user embeddings [U, D] and item embeddings [I, D]; see `Encoder.build` for what else it may have."""

    training: bool
    """Whether dropout and its like are on."""

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""

    def __call__(self, graph: HeteroData, wanted: Tensor) -> Tensor:
        """Propagate, then score: pairs int64 [2, P] → float32 [P], or users int64 [B] → all items, float32 [B, I]."""

    def score_all(self, user: Tensor, item: Tensor) -> Tensor:
        """Score every item for encoded users: user [B, D], item [I, D] → float32 [B, I]."""

    def over_items(self, item: Tensor) -> Callable[[Tensor], Tensor]:
        """What takes encoded users [B, D] to the scores of these items, float32 [B, I], as `score_all` does."""

    def score_pairs(self, user: Tensor, item: Tensor, edge_label_index: Tensor) -> Tensor:
        """Score pairs int64 [2, P] of encoded nodes: float32 [P]."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """As of any module, like the methods below."""

    def state_dict(self) -> dict[str, Any]:
        """Parameters and buffers by name."""

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Any:
        """Take parameters and buffers over."""

    def to(self, device: torch.device) -> Self:
        """The model itself, moved."""

    def train(self, mode: bool = True) -> Self:
        """Switch dropout and its like on."""

    def eval(self) -> Self:
        """Switch dropout and its like off."""


class RunRecipe(Protocol):
    """What observers may ask a run's recipe; `gnnrec.Recipe` is one."""

    @property
    def name(self) -> str:
        """The folder of the recipe's runs."""

    @property
    def seed(self) -> int:
        """Rules everything but the split."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data with every default filled in; sections that are not used are left out."""

    def to_flat_dict(self) -> dict[str, Any]:
        """The same by dotted keys: `features.item.0.name`."""


@dataclass(frozen=True)
class Batch:
    """Supervision edges of one step.

    Attributes:
        edge_ids: int64 [B], rows of the supervision edges.
        users: int64 [B], node ids.
        items: int64 [B], node ids.
        epoch: Counted from 1; 0 before training.
    """

    edge_ids: Tensor
    users: Tensor
    items: Tensor
    epoch: int = 0


@dataclass(frozen=True)
class EmbeddedBatch:
    """Positives, and the embeddings of their users and items: what a batchwise loss is given.

    Attributes:
        user: float32 [n, D], the users of the batch, none twice.
        item: float32 [m, D], its items, none twice.
        pairs: int64 [2, B], the positives as rows of `user` and of `item`.
        frequency: float32 [m], the share that each item has in all positives that batches are drawn from.
    """

    user: Tensor
    item: Tensor
    pairs: Tensor
    frequency: Tensor


@dataclass(frozen=True)
class Checkpoint:
    """All that a trainer needs to go on from where it was.

    Attributes:
        epoch: The epoch that it is in, counted from 1.
        step: How many steps of that epoch are done.
        tensors: By name.
        values: Plain data (numbers, text, lists, dicts) by name.
    """

    epoch: int
    step: int
    tensors: Mapping[str, Tensor]
    values: Mapping[str, Any]


class Checkpoints:
    """Where a trainer's state is kept. This one keeps nothing: it serves training that is not part of a run."""

    def restore(self) -> Checkpoint | None:
        """The state to start from, to be asked for once; None at the very beginning."""
        return None

    def due(self) -> bool:
        """Whether a checkpoint should be saved now, because time has passed or the run is asked to stop."""
        return False

    def save(self, checkpoint: Checkpoint) -> None:
        """Keep a state.

        Raises:
            KeyboardInterrupt: The run was asked to stop; the state is saved.
        """


@dataclass(frozen=True)
class EpochRecord:
    """One line of history.jsonl.

    Attributes:
        epoch: Counted from 1.
        train_loss: Mean loss over the epoch's supervision edges.
        val: Validation metrics by name; `loss` and the monitored one at least. Empty in a refit, and where nothing is
            val.
        lr: Learning rate of the epoch's last step.
        seconds: Of training and validating this epoch.
        refit_of: Of a refit's epoch, how many there are; None where one is still to be chosen. Trainers leave it out.
    """

    epoch: int
    train_loss: float
    val: Mapping[str, float]
    lr: float
    seconds: float
    refit_of: int | None = None

    def to_json(self) -> dict[str, float]:
        """The flat form that is stored: validation metrics get the prefix `val_`, and all of a refit `refit_`."""
        val = {f"val_{name}": value for name, value in self.val.items()}
        figures = {"train_loss": self.train_loss, **val, "lr": self.lr, "seconds": self.seconds}
        stage = "" if self.refit_of is None else "refit_"
        return {"epoch": self.epoch, **{f"{stage}{name}": value for name, value in figures.items()}}


@dataclass(frozen=True)
class TrainingTask:
    """All that a trainer is given.

    Attributes:
        model: Encoder and decoder; `model(graph, edge_label_index)` gives the scores of pairs.
        graph: What training propagates over.
        supervision: The positives to learn from.
        sampler: Gives negatives (see `NegativeSampler.build`); None where the loss is listwise or batchwise.
        loss: Takes (positive [B], negative [B, R]) and gives a scalar; or, listwise, all scores [B, I] of some users
            and positives int64 [2, P] (row, item); or, batchwise, an `EmbeddedBatch`.
        validate: Takes the model and the epoch (counted from 1) and gives validation metrics by name.
        epoch_ended: To be called with each epoch's record.
        streams: Where all randomness comes from.
        checkpoints: Where the state is kept from which an interrupted run is resumed.
        replay: In a refit, the epochs that led to the chosen one, which is the last: they are gone through again, with
            their learning rates where a schedule has them depend on validation, and the model is left as the last one
            leaves it. `validate` is not called, and records have no `val`. Where nothing is val, these are all epochs,
            whose learning rates are not known (nan). None where an epoch is to be chosen.
        batchwise: Whether the loss is.
    """

    model: TrainableModel
    graph: HeteroData
    supervision: Edges
    sampler: nn.Module | None
    loss: Callable[..., Tensor]
    validate: Callable[[TrainableModel, int], Mapping[str, float]]
    epoch_ended: Callable[[EpochRecord], None]
    streams: Streams
    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    replay: Sequence[EpochRecord] | None = None
    batchwise: bool = False


@dataclass(frozen=True)
class Fit:
    """What a trainer gives back: the chosen epoch (counted from 1) and the device it trained on."""

    best: EpochRecord
    device: str


@dataclass(frozen=True)
class RunStart:
    """What observers are told of a run that is about to fit.

    Attributes:
        recipe: What it is.
        directory: Where it lies while it runs.
        epochs: How many there are at the most; 0 where nothing is trained.
        counts: Users, items, interactions, edges by use, and users and items that training knows nothing of.
        epochs_done: How many a resumed run has behind it; it goes on with the next.
    """

    recipe: RunRecipe
    directory: Path
    epochs: int
    counts: Mapping[str, int]
    epochs_done: int = 0


@dataclass(frozen=True)
class RunEnd:
    """How a run ended; `directory` is where it lies now, `metrics` is the content of metrics.json or None."""

    status: Literal["done", "failed", "interrupted", "pruned"]
    directory: Path
    metrics: Mapping[str, Any] | None
