"""Checks of trainers: they learn, choose the right epoch, tell what they do, and can be interrupted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Generator, Tensor, nn

from gnnrec.contract.training import Batch, Fit
from gnnrec.testing.every_kind import EVERY_KIND, Job, repeatable
from gnnrec.testing.modules import accelerators
from gnnrec.testing.rule import bound, rule
from gnnrec.testing.toy_data import toy_graph
from gnnrec.testing.toy_model import ToyEncoder, ToyNegatives, toy_model
from gnnrec.testing.trainer_replay import replays_what_led_to_an_epoch
from gnnrec.testing.trainer_resume import resumes_where_it_was
from gnnrec.testing.training_runs import (
    BOARD,
    DEVICE_TOLERANCE,
    FEW,
    LEARNING_EPOCHS,
    LOSS_FUNCTIONS,
    LOSSES,
    TrainerCase,
    Training,
    final_weights,
    weights_differ,
)

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

    from gnnrec.contract.kinds import Trainer
    from gnnrec.testing.training_runs import LossKind

FIT = "gnnrec.contract.kinds.Trainer.fit"
SAMPLER = "gnnrec.contract.kinds.NegativeSampler.build"


def _job(case: TrainerCase) -> Job:
    training = Training(case.component, {"epochs": FEW})

    def result() -> Any:
        training.fit()
        return {"history": training.history(), "weights": final_weights(training)}

    # Where there is an accelerator, the trainer may have taken it, and sums there have no fixed order.
    tolerance = DEVICE_TOLERANCE if accelerators() else 0.0
    return Job((training.graph, training.supervision), result, tolerance)


@rule(FIT)
def tells_of_each_epoch_in_order(case: TrainerCase) -> str | None:
    """Each epoch, counted from 1, is validated once and told of once, with what validation gave."""
    training = Training(case.component, {"epochs": FEW})
    training.fit()
    count = len(training.records)
    expected = [(which, epoch) for epoch in range(1, count + 1) for which in ("validate", "epoch_ended")]
    if not 1 <= count <= FEW or training.events != expected:
        return f"for {FEW} epochs the calls {', '.join(f'{which} {epoch}' for which, epoch in training.events)}"
    return None


@rule("gnnrec.contract.training.EpochRecord")
def records_what_happened(case: TrainerCase) -> str | None:
    """A record holds the epoch's finite training loss and what `validate` gave; `Fit.best` is one of the records."""
    said = [{"loss": loss, "toy": float(epoch)} for epoch, loss in enumerate(LOSSES)]
    training = Training(case.component, {"epochs": FEW, "monitor": "loss"}, values=lambda epoch: said[epoch - 1])
    fit = training.fit()
    for record in training.records:
        if dict(record.val) != said[record.epoch - 1]:
            return f"epoch {record.epoch} is recorded with {dict(record.val)}; validate gave {said[record.epoch - 1]}"
        if not math.isfinite(record.train_loss):
            return f"epoch {record.epoch} is recorded with a training loss of {record.train_loss}"
    if not isinstance(fit, Fit):
        return f"fit gave a {type(fit).__name__}"
    return None if fit.best in training.records else f"the best epoch is {fit.best}, which was not told of"


@rule("gnnrec.contract.kinds.Trainer.monitor")
def leaves_the_best_epoch(case: TrainerCase) -> str | None:
    """The model is left with the weights of the best epoch by `monitor`: the lowest `loss`, the highest of all else."""
    for monitor in ("loss", "toy"):
        training = Training(case.component, {"epochs": FEW, "monitor": monitor}, values=_second_is_best(monitor))
        fit = training.fit()
        if fit.best.epoch != 2:  # noqa: PLR2004 - the second is the best
            return f"epoch {fit.best.epoch} was chosen by {monitor}; the best is epoch 2"
        found = weights_differ(fit, training.weights[2], final_weights(training), "the weights")
        if found:
            return f"chosen by {monitor}, {found} from those of epoch 2"
    return None


def _second_is_best(monitor: str) -> Any:
    def values(epoch: int) -> dict[str, float]:
        loss = LOSSES[epoch - 1]
        return {"loss": loss} if monitor == "loss" else {"loss": float(epoch), monitor: -loss}

    return values


def _learns(case: TrainerCase, loss: LossKind) -> str | None:
    fields = {"epochs": case.epochs, "monitor": "loss"}
    training = Training(case.component, fields, loss=loss, values=_falling)
    before = BOARD.mistakes(training.scores())
    training.fit()
    wrong = BOARD.mistakes(training.scores())
    if not wrong:
        return None
    count = len(training.records)
    return f"after {count} epochs wrong for {len(wrong)} of {BOARD.num_users} users, before for {len(before)}"


@rule(FIT)
def learns_the_checkerboard(case: TrainerCase) -> str | None:
    """With a pairwise loss the toy model learns the checkerboard: the held-out item comes first for every user."""
    return _learns(case, "pairwise")


@rule("gnnrec.contract.kinds.Loss.listwise")
def learns_from_a_listwise_loss(case: TrainerCase) -> str | None:
    """With a listwise loss, and so without a sampler, the toy model learns the checkerboard as well."""
    return _learns(case, "listwise")


@rule("gnnrec.contract.kinds.Loss.batchwise")
def learns_from_a_batchwise_loss(case: TrainerCase) -> str | None:
    """With a batchwise loss, which is given an `EmbeddedBatch`, the toy model learns the checkerboard as well."""
    return _learns(case, "batchwise")


@rule(SAMPLER)
def keeps_negatives_as_long_as_they_last(case: TrainerCase) -> str | None:
    """An edge's negatives are asked for once where the sampler's `every` is run, and in each epoch otherwise."""
    for every in ("run", "epoch", "step"):
        training = Training(case.component, {"epochs": FEW}, sampler=ToyNegatives(BOARD.known, every=every))
        training.fit()
        epochs = len(training.records)
        wanted = 1 if every == "run" else epochs
        asked = training.sampler.asked
        if bool((asked < wanted).any()) or (every != "step" and bool((asked > wanted).any())):
            times = f"{int(asked.min())} to {int(asked.max())} times in {epochs} epochs"
            return f"with every = {every!r}, asked {times}"
    return None


@rule(SAMPLER)
def gives_the_score_that_is_asked_for(case: TrainerCase) -> str | None:
    """A sampler with `needs_score = True` is always given `score`."""
    training = Training(case.component, {"epochs": FEW}, sampler=ToyNegatives(BOARD.known, needs_score=True))
    training.fit()
    missing = training.sampler.without_score
    return f"{missing} calls of the sampler had no score" if missing else None


class _Pulled(ToyEncoder):
    """Has a parameter that the auxiliary loss alone moves, downwards."""

    def __init__(self, graph: HeteroData) -> None:
        super().__init__(graph, Generator().manual_seed(0))
        self.pull = nn.Parameter(torch.zeros(1))

    def auxiliary_loss(self, graph: HeteroData, batch: Batch, generator: Generator) -> Tensor:  # noqa: ARG002
        """A slope."""
        if not isinstance(batch, Batch) or not isinstance(generator, Generator):
            raise TypeError(f"auxiliary_loss is called with {type(batch).__name__} and {type(generator).__name__}")
        return self.pull.sum()


@rule("gnnrec.contract.kinds.Encoder.build")
def adds_the_auxiliary_loss(case: TrainerCase) -> str | None:
    """An encoder's `auxiliary_loss(graph, batch, generator)`, where there is one, is added to the loss in training."""
    for loss in LOSS_FUNCTIONS:
        model = toy_model(toy_graph(BOARD.known, {}))
        encoder = model.encoder = _Pulled(toy_graph(BOARD.known, {}))
        fields = {"epochs": FEW, "monitor": "loss"}
        Training(case.component, fields, loss=loss, model=model, values=_falling).fit()
        if float(encoder.pull.detach()) >= 0.0:
            return f"with a {loss} loss, nothing that only it could have moved was moved"
    return None


def _falling(epoch: int) -> dict[str, float]:
    """The last epoch is the best, so that the choice of an epoch hides nothing."""
    return {"loss": 1.0 / epoch}


RULES = (
    *EVERY_KIND,
    tells_of_each_epoch_in_order,
    records_what_happened,
    leaves_the_best_epoch,
    learns_the_checkerboard,
    learns_from_a_listwise_loss,
    learns_from_a_batchwise_loss,
    keeps_negatives_as_long_as_they_last,
    gives_the_score_that_is_asked_for,
    adds_the_auxiliary_loss,
    resumes_where_it_was,
    replays_what_led_to_an_epoch,
    *repeatable(FIT, _job),
)


def check_trainer(component: Trainer, *, epochs: int = LEARNING_EPOCHS) -> None:
    """Check a trainer, as its fields are but for `epochs` and `monitor`, which the checks set.

    Args:
        component: The trainer.
        epochs: In how many epochs it has to learn the checkerboard.

    Raises:
        ContractViolation: It breaks a rule; the message says which, what was asked for and what was got.
    """
    for check in bound("trainer", RULES, TrainerCase(component, epochs)):
        check()
