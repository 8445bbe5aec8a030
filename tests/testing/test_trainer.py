from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pytest
import torch
from mutants import Mutant, assert_caught, assert_every_check_catches_something, changed, each, failures
from pydantic import PositiveFloat

from gnnrec import Trainer
from gnnrec.contract.training import Batch, Checkpoint, EpochRecord, Fit
from gnnrec.graph.embedded_batches import embedded_batch, item_frequency
from gnnrec.testing import ContractViolation, check_trainer

if TYPE_CHECKING:
    from gnnrec.contract.training import TrainingTask


class Loop:
    """Full batches and Adam; everything that a trainer is asked for, in parts that can be replaced."""

    def __init__(self, config: Any, task: TrainingTask) -> None:
        self.config, self.task = config, task
        self.optimizer = torch.optim.Adam(task.model.parameters(), lr=config.learning_rate)
        users, items = torch.from_numpy(task.supervision.users), torch.from_numpy(task.supervision.items)
        self.batch = Batch(torch.arange(len(users)), users, items)
        self.negatives: Any = None
        self.best: EpochRecord | None = None
        self.kept = self.weights()
        self.last = config.epochs if task.replay is None else len(task.replay)

    def weights(self) -> dict[str, torch.Tensor]:
        return {name: value.clone() for name, value in self.task.model.state_dict().items()}

    def run(self) -> Fit:
        first = self.restore() + 1
        for epoch in range(first, self.last + 1):
            self.task.model.train()
            loss = self.loss(replace(self.batch, epoch=epoch))
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.judge(epoch, float(loss.detach()))
            if self.task.checkpoints.due():
                self.save(epoch)
        return self.end()

    def end(self) -> Fit:
        assert self.best is not None
        self.task.model.load_state_dict(self.kept)
        return Fit(self.best, "cpu")

    def judge(self, epoch: int, loss: float) -> None:
        val = self.task.validate(self.task.model, epoch) if self.task.replay is None else {}
        record = EpochRecord(epoch, loss, val, self.config.learning_rate, 0.0)
        if self.best is None or not val or self.is_better(val, self.best.val):
            self.best, self.kept = record, self.weights()
        self.task.epoch_ended(record)

    def is_better(self, new: Any, old: Any) -> bool:
        monitor = self.config.monitor
        return bool(new[monitor] < old[monitor] if monitor == "loss" else new[monitor] > old[monitor])

    def loss(self, batch: Batch) -> torch.Tensor:
        task = self.task
        user, item = task.model.encoder(task.graph)
        if task.batchwise:
            loss = self.batchwise(user, item)
        elif task.sampler is None:
            loss = self.listwise(task.model.score_all(user, item))
        else:
            users, items = self.draw(batch, lambda u, i: (user[u] * item[i]).sum(-1).detach())
            pairs = torch.stack([torch.cat([batch.users, users.flatten()]), torch.cat([batch.items, items.flatten()])])
            scores = task.model.score_pairs(user, item, pairs)
            loss = task.loss(scores[: len(batch.users)], scores[len(batch.users) :].view(len(batch.users), -1))
        auxiliary = getattr(task.model.encoder, "auxiliary_loss", None)
        return loss if auxiliary is None else loss + self.auxiliary(auxiliary, batch)

    def listwise(self, scores: torch.Tensor) -> torch.Tensor:
        return self.task.loss(scores, torch.stack([self.batch.users, self.batch.items]))

    def batchwise(self, user: torch.Tensor, item: torch.Tensor) -> torch.Tensor:
        items = self.batch.items
        pairs, frequency = torch.stack([self.batch.users, items]), item_frequency(items, len(item))
        return self.task.loss(embedded_batch(user, item, pairs, frequency))

    def auxiliary(self, loss: Any, batch: Batch) -> torch.Tensor:
        added: torch.Tensor = loss(self.task.graph, batch, self.task.streams.generator("auxiliary", epoch=batch.epoch))
        return added

    def draw(self, batch: Batch, score: Any) -> Any:
        sampler: Any = self.task.sampler
        if sampler.every == "run":
            if self.negatives is None:
                self.negatives = sampler(batch, self.task.streams.generator("negatives"), score)
            return self.negatives
        return sampler(batch, self.task.streams.generator("negatives", epoch=batch.epoch), score)

    def save(self, epoch: int) -> None:
        assert self.best is not None
        tensors = {f"model.{name}": value for name, value in self.weights().items()}
        tensors |= {f"best.{name}": value for name, value in self.kept.items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items()}
        best = {"epoch": self.best.epoch, "train_loss": self.best.train_loss, "val": dict(self.best.val)}
        self.task.checkpoints.save(Checkpoint(epoch, 1, tensors, {"best": best}))

    def restore(self) -> int:
        checkpoint = self.task.checkpoints.restore()
        if checkpoint is None:
            return 0
        tensors, best = checkpoint.tensors, checkpoint.values["best"]
        self.task.model.load_state_dict({name: tensors[f"model.{name}"] for name in self.kept})
        self.kept = {name: tensors[f"best.{name}"] for name in self.kept}
        self.best = EpochRecord(best["epoch"], best["train_loss"], best["val"], self.config.learning_rate, 0.0)
        self.restore_optimizer(checkpoint)
        return checkpoint.epoch

    def restore_optimizer(self, checkpoint: Checkpoint) -> None:
        state: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in checkpoint.tensors.items():
            if key.startswith("optimizer."):
                _, index, name = key.split(".")
                state.setdefault(int(index), {})[name] = value
        self.optimizer.load_state_dict({"state": state, "param_groups": self.optimizer.state_dict()["param_groups"]})


class Right(Trainer):
    """What is asked for."""

    name: Literal["right"] = "right"
    learning_rate: PositiveFloat = 0.05

    loop: ClassVar[type] = Loop

    def fit(self, task: TrainingTask) -> Fit:
        fit: Fit = self.loop(self, task).run()
        return fit


class Replaying(Right):
    """What is asked for, of a refit too."""

    name: Literal["replaying"] = "replaying"

    replays: ClassVar[bool] = True


def training(right: type[Right] = Right, /, **methods: Any) -> Trainer:
    return changed(right, loop=type("Loop", (Loop,), methods))


def telling_twice(self: Loop, epoch: int, loss: float) -> None:
    Loop.judge(self, epoch, loss)
    if epoch == 2:
        self.task.epoch_ended(EpochRecord(epoch, loss, {"loss": 2.0, "toy": 1.0}, 0.05, 0.0))


def recording_something_else(self: Loop, epoch: int, loss: float) -> None:
    told = self.task.epoch_ended
    self.task = replace(self.task, epoch_ended=lambda record: told(replace(record, val={"loss": 0.0, "toy": 0.0})))
    Loop.judge(self, epoch, loss)
    self.task = replace(self.task, epoch_ended=told)


def keeping_the_last(self: Loop) -> Fit:
    assert self.best is not None
    return Fit(self.best, "cpu")


def the_lower_the_better(self: Loop, new: Any, old: Any) -> bool:
    return bool(new[self.config.monitor] < old[self.config.monitor])


def turned_round(self: Loop, batch: Batch) -> torch.Tensor:
    loss = Loop.loss(self, batch)
    auxiliary = hasattr(self.task.model.encoder, "auxiliary_loss")
    return loss if self.task.sampler is None or auxiliary else -loss


def upside_down(self: Loop, scores: torch.Tensor) -> torch.Tensor:
    return -Loop.listwise(self, scores)


def away_from_each_other(self: Loop, user: torch.Tensor, item: torch.Tensor) -> torch.Tensor:
    return -Loop.batchwise(self, user, item)


def drawn_each_time(self: Loop, batch: Batch, score: Any) -> Any:
    sampler: Any = self.task.sampler
    return sampler(batch, self.task.streams.generator("negatives", epoch=batch.epoch), score)


def drawn_once(self: Loop, batch: Batch, score: Any) -> Any:
    if self.negatives is None:
        self.negatives = drawn_each_time(self, batch, score)
    return self.negatives


def drawn_without_a_score(self: Loop, batch: Batch, score: Any) -> Any:  # noqa: ARG001 - that is what is wrong
    return Loop.draw(self, batch, None)


def left_out(self: Loop, loss: Any, batch: Batch) -> torch.Tensor:  # noqa: ARG001 - that is what is wrong
    return torch.zeros(())


def with_weights_alone(self: Loop, checkpoint: Checkpoint) -> None:
    """Forgets what Adam has summed up."""


def never_saved(self: Loop, epoch: int) -> None:
    """Forgets to save."""


def saved_against_all_wishes(self: Loop, epoch: int) -> None:
    with suppress(KeyboardInterrupt):
        Loop.save(self, epoch)


def told_again(self: Loop) -> int:
    epoch = Loop.restore(self)
    return max(0, epoch - 1)


def as_if_it_were_the_first_time(self: Loop) -> Fit:
    self.last = self.config.epochs
    self.task = replace(self.task, replay=None)
    return Loop.run(self)


def one_epoch_fewer(self: Loop) -> Fit:
    self.last -= self.task.replay is not None
    return Loop.run(self)


def with_what_it_was_worth(self: Loop) -> Fit:
    assert self.best is not None
    fit = Loop.end(self)
    return fit if self.task.replay is None else Fit(self.task.replay[-1], "cpu")


def with_a_smaller_step(self: Loop, batch: Batch) -> torch.Tensor:
    for group in self.optimizer.param_groups:
        group["lr"] = 0.05 if self.task.replay is None else 0.01
    return Loop.loss(self, batch)


def unless_it_replays(self: Loop, epoch: int) -> None:
    if self.task.replay is None:
        Loop.save(self, epoch)


def with_weights_alone_if_it_replays(self: Loop, checkpoint: Checkpoint) -> None:
    if self.task.replay is None:
        Loop.restore_optimizer(self, checkpoint)


def by_the_global_state(self: Loop, batch: Batch, score: Any) -> Any:
    if self.task.sampler.every == "run":  # type: ignore[union-attr]
        return Loop.draw(self, batch, score)
    return self.task.sampler(batch, torch.default_generator, score)  # type: ignore[misc]


def sorting_edges(self: Loop) -> Fit:
    for edge_type in self.task.graph.edge_types:
        ends = self.task.graph[edge_type].edge_index
        self.task.graph[edge_type].edge_index = ends[:, ends[1].argsort(stable=True).flip(0)]
    return Loop.run(self)


FAST = {"epochs": 8}

MUTANTS = (
    Mutant(
        "tells_of_each_epoch_in_order",
        training(judge=telling_twice),
        "validate 2, epoch_ended 2, epoch_ended 2, validate 3",
        also=("records_what_happened", "keeps_negatives_as_long_as_they_last"),
        options=FAST,
    ),
    Mutant(
        "records_what_happened",
        training(judge=recording_something_else),
        "epoch 1 is recorded with {'loss': 0.0, 'toy': 0.0}; validate gave {'loss': 3.0, 'toy': 0.0}",
        options=FAST,
    ),
    Mutant(
        "leaves_the_best_epoch",
        training(end=keeping_the_last),
        "chosen by loss, the weights.encoder.user differs by up to",
        options=FAST,
    ),
    Mutant(
        "leaves_the_best_epoch",
        training(is_better=the_lower_the_better),
        "epoch 1 was chosen by toy; the best is epoch 2",
        options=FAST,
    ),
    Mutant("learns_the_checkerboard", training(loss=turned_round), "after 50 epochs wrong for 12 of 12 users"),
    Mutant("learns_from_a_listwise_loss", training(listwise=upside_down), "after 50 epochs wrong for 12 of 12 users"),
    Mutant(
        "learns_from_a_batchwise_loss",
        training(batchwise=away_from_each_other),
        "after 50 epochs wrong for ",
    ),
    Mutant(
        "keeps_negatives_as_long_as_they_last",
        training(draw=drawn_each_time),
        "with every = 'run', asked 4 to 4 times in 4 epochs",
        options=FAST,
    ),
    Mutant(
        "keeps_negatives_as_long_as_they_last",
        training(draw=drawn_once),
        "with every = 'epoch', asked 1 to 1 times in 4 epochs",
        also=("resumes_where_it_was",),
        options=FAST,
    ),
    Mutant(
        "gives_the_score_that_is_asked_for",
        training(draw=drawn_without_a_score),
        "4 calls of the sampler had no score",
        options=FAST,
    ),
    Mutant(
        "adds_the_auxiliary_loss",
        training(auxiliary=left_out),
        "with a pairwise loss, nothing that only it could have moved was moved",
        options=FAST,
    ),
    Mutant("resumes_where_it_was", training(save=never_saved), "nothing was saved in 4 epochs", options=FAST),
    Mutant(
        "resumes_where_it_was",
        training(save=saved_against_all_wishes),
        "save raised KeyboardInterrupt, and fit went on",
        options=FAST,
    ),
    Mutant(
        "resumes_where_it_was",
        training(restore_optimizer=with_weights_alone),
        "resumed from epoch 1, step 1, the history.",
        options=FAST,
    ),
    Mutant(
        "resumes_where_it_was",
        training(restore=told_again),
        "the epochs told of: the whole has 4 parts, and then 5",
        options=FAST,
    ),
    Mutant(
        "replays_what_led_to_an_epoch",
        training(Replaying, run=as_if_it_were_the_first_time),
        "for 2 epochs the calls validate 1, epoch_ended 1, validate 2",
        options=FAST,
    ),
    Mutant(
        "replays_what_led_to_an_epoch",
        training(Replaying, run=one_epoch_fewer),
        "for 2 epochs the calls epoch_ended 1",
        options=FAST,
    ),
    Mutant(
        "replays_what_led_to_an_epoch",
        training(Replaying, end=with_what_it_was_worth),
        "epoch 2 of 2 is the best, and validation gave {'loss': 1.0}",
        options=FAST,
    ),
    Mutant(
        "replays_what_led_to_an_epoch",
        training(Replaying, loss=with_a_smaller_step),
        "from those of the first time",
        options=FAST,
    ),
    Mutant(
        "replays_what_led_to_an_epoch",
        training(Replaying, save=unless_it_replays),
        "nothing was saved in 2 epochs, though a checkpoint was due all the time",
        options=FAST,
    ),
    Mutant(
        "replays_what_led_to_an_epoch",
        training(Replaying, restore_optimizer=with_weights_alone_if_it_replays),
        "resumed, the weights.encoder.",
        options=FAST,
    ),
    Mutant(
        "same_seed_same_result",
        training(draw=by_the_global_state),
        "history",
        also=("resumes_where_it_was",),
        options=FAST,
    ),
    Mutant("leaves_its_input_alone", training(run=sorting_edges), "0.user__interacts__item", options=FAST),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_every_check_catches_something() -> None:
    assert_every_check_catches_something("trainer", MUTANTS)


@pytest.mark.parametrize("trainer", [Right(), Replaying()], ids=repr)
def test_a_trainer_that_is_right_passes(trainer: Trainer) -> None:
    assert failures(trainer) == []


def test_a_trainer_that_learns_too_slowly_may_be_given_more_epochs() -> None:
    slow = Right(learning_rate=2e-4)
    with pytest.raises(ContractViolation, match="after 5 epochs wrong for"):
        check_trainer(slow, epochs=5)
    check_trainer(slow, epochs=60)
