"""What a step minimises: a batch's positives against its negatives, all items, or one another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from gnnrec import UsageError
from gnnrec.contract.training import Batch, EmbeddedBatch
from gnnrec.data.size import BLOCK_CELLS
from gnnrec.graph.embedded_batches import embedded_batch, item_frequency

if TYPE_CHECKING:
    from torch import nn
    from torch_geometric.data import HeteroData

    from gnnrec.contract.training import TrainableModel, TrainingTask


class Supervision:
    """The supervision edges on a device, in batches that are shuffled anew each epoch.

    Args:
        task: Its edges and its streams.
        size: B, at the most; one batch of all edges, in their own order, where it is None or large enough.
        device: Where batches are wanted.

    Attributes:
        whole: All edges.
        steps: Batches in an epoch.
    """

    def __init__(self, task: TrainingTask, size: int | None, device: torch.device) -> None:
        edges = task.supervision
        self.whole = Batch(
            torch.arange(len(edges), device=device),
            torch.from_numpy(edges.users).to(device),
            torch.from_numpy(edges.items).to(device),
        )
        self._size = min(size or len(edges), len(edges))
        self.steps = -(-len(edges) // self._size)
        self._streams = task.streams
        self._without_waiting = device.type == "cuda"  # which has copied what is not pinned once the call is back
        self._order: tuple[int, Tensor] | None = None

    def batch(self, epoch: int, step: int) -> Batch:
        """The batch of a step, both counted from where training counts them: epochs from 1, steps from 0."""
        if self.steps == 1:
            return Batch(self.whole.edge_ids, self.whole.users, self.whole.items, epoch)
        if self._order is None or self._order[0] != epoch:
            generator = self._streams.generator("batches", epoch=epoch)
            order = torch.randperm(len(self.whole.edge_ids), generator=generator)
            self._order = epoch, order.to(self.whole.edge_ids.device, non_blocking=self._without_waiting)
        rows = self._order[1][step * self._size : (step + 1) * self._size]
        return Batch(rows, self.whole.users[rows], self.whole.items[rows], epoch)


class Negatives:
    """Asks the sampler as often as it wants to be asked.

    Args:
        task: Its sampler and its streams.
        supervision: All edges; who keeps negatives for an epoch or a run is asked for all of them at once.
        device: Where they are wanted.
    """

    def __init__(self, task: TrainingTask, supervision: Supervision, device: torch.device) -> None:
        self._sampler = cast("nn.Module", task.sampler).to(device)
        self._supervision, self._streams, self._device = supervision, task.streams, device
        self.every: str = getattr(self._sampler, "every", "step")
        self.needs_score: bool = getattr(self._sampler, "needs_score", False)
        self._kept: tuple[int, tuple[Tensor, Tensor]] | None = None

    def draw(self, batch: Batch, step: int, score: Any = None) -> tuple[Tensor, Tensor]:
        """Users and items of the batch's negatives: two int64 [B, R]."""
        if self.every == "step":
            users, items = self._sampler(batch, self._generator(batch.epoch, step), score)
            return users, items
        time = 1 if self.every == "run" else batch.epoch
        if self._kept is None or self._kept[0] != time:
            whole = self._supervision.whole
            asked = Batch(whole.edge_ids, whole.users, whole.items, time)
            self._kept = time, self._sampler(asked, self._generator(time, 0), score)
        users, items = self._kept[1]
        return (users, items) if self._supervision.steps == 1 else (users[batch.edge_ids], items[batch.edge_ids])

    def _generator(self, epoch: int, step: int) -> torch.Generator:
        return self._streams.generator("negatives", epoch=epoch, step=step, device=self._device)


class InitialRows(NamedTuple):
    """Layer 0 at the rows that a step reads.

    Attributes:
        user: float32 [n, D].
        item: float32 [m, D].
        pairs: int64 [2, B + B·R], or [2, B] without negatives: which of these rows each pair is of.
    """

    user: Tensor
    item: Tensor
    pairs: Tensor


@dataclass(frozen=True)
class Scored:
    """What a step scores.

    Attributes:
        graph: What is propagated over.
        pairs: int64 [2, B + B·R], or [2, B] without negatives: positives first, rows of `graph`.
        edge_ids: int64 [B], which supervision edges the positives are.
        epoch: Counted from 1.
        initial: Layer 0 of what is scored, where it is at hand.
    """

    graph: HeteroData
    pairs: Tensor
    edge_ids: Tensor
    epoch: int
    initial: InitialRows | None = None

    @property
    def positives(self) -> Batch:
        """The positives, as rows of `graph`."""
        users, items = self.pairs[:, : len(self.edge_ids)]
        return Batch(self.edge_ids, users, items, self.epoch)

    def to(self, device: torch.device) -> Scored:
        """The same on `device`, which is not waited for."""
        graph, pairs, edge_ids = (
            each.to(device, non_blocking=device.type == "cuda") for each in (self.graph, self.pairs, self.edge_ids)
        )
        return Scored(graph, pairs, edge_ids, self.epoch)


class Objective(ABC):
    """Gives the loss of a step.

    Args:
        task: What is trained.
        supervision: Its edges in batches.

    Attributes:
        supervision: The same.
    """

    def __init__(self, task: TrainingTask, supervision: Supervision) -> None:
        self._task, self.supervision = task, supervision

    @abstractmethod
    def loss(self, model: TrainableModel, epoch: int, step: int) -> tuple[Tensor, Scored]:
        """The task's loss in one step, a scalar, and what was scored for it."""

    def _pairwise(self, model: TrainableModel, user: Tensor, item: Tensor, pairs: Tensor, positives: int) -> Tensor:
        """The task's loss of pairs, of which so many are positives, given the embeddings that they are rows of."""
        scores = model.score_pairs(user, item, pairs).float()
        return self._task.loss(scores[:positives], scores[positives:].view(positives, -1))


class Pairwise(Objective):
    """Positives of a batch against their negatives."""

    def __init__(self, task: TrainingTask, supervision: Supervision) -> None:
        super().__init__(task, supervision)
        device = supervision.whole.users.device
        self._graph = task.graph.clone().to(device)
        self._negatives = Negatives(task, supervision, device)
        self._pairs: tuple[Tensor, Tensor] | None = None

    def loss(self, model: TrainableModel, epoch: int, step: int) -> tuple[Tensor, Scored]:
        """Encodes the graph once; negatives that are looked for by score are scored by the same embeddings."""
        batch = self.supervision.batch(epoch, step)
        at_rows = self._at_rows(model, batch, step)
        if at_rows is not None:
            return at_rows
        user, item = model.encoder(self._graph)

        def score(users: Tensor, items: Tensor) -> Tensor:
            with torch.no_grad():
                asked = torch.stack([users.flatten(), items.flatten()])
                return model.score_pairs(user.detach(), item.detach(), asked).view(users.shape)

        drawn = self._negatives.draw(batch, step, score if self._negatives.needs_score else None)
        scored = Scored(self._graph, self._joined(batch, drawn), batch.edge_ids, epoch)
        return self._pairwise(model, user, item, scored.pairs, len(batch.edge_ids)), scored

    def _at_rows(self, model: TrainableModel, batch: Batch, step: int) -> tuple[Tensor, Scored] | None:
        """The same by an encoder that embeds some rows more quickly than all of them; None where it is no such case."""
        embed_rows = getattr(model.encoder, "embed_rows", None)
        if embed_rows is None or self._negatives.needs_score or self._always_the_same:
            return None
        pairs = self._joined(batch, self._negatives.draw(batch, step))
        (users, of_user), (items, of_item) = (torch.unique(ids, return_inverse=True) for ids in pairs)
        found = embed_rows(self._graph, (users, items))
        if found is None:
            return None
        local = torch.stack([of_user, of_item])
        initial = InitialRows(found.initial_user, found.initial_item, local)
        scored = Scored(self._graph, pairs, batch.edge_ids, batch.epoch, initial)
        return self._pairwise(model, found.user, found.item, local, len(batch.edge_ids)), scored

    @property
    def _always_the_same(self) -> bool:
        """Whether steps score the same pairs again, so that what is kept by these pairs serves the next step too."""
        return self.supervision.steps == 1 and self._negatives.every == "run"

    def _joined(self, batch: Batch, drawn: tuple[Tensor, Tensor]) -> Tensor:
        """Positives, then the negatives of each; the same tensor as long as nothing changes, for what is kept by it."""
        if self._pairs is None or self._pairs[0] is not drawn[0]:
            self._pairs = drawn[0], pairs_of(batch, *drawn)
        return self._pairs[1]


class Listwise(Objective):
    """Positives of a batch against every item, for the users that they belong to."""

    def __init__(self, task: TrainingTask, supervision: Supervision) -> None:
        super().__init__(task, supervision)
        self._graph = task.graph.clone().to(supervision.whole.users.device)
        self._block = max(1, BLOCK_CELLS // task.supervision.num_items)

    def loss(self, model: TrainableModel, epoch: int, step: int) -> tuple[Tensor, Scored]:
        """Users are scored in blocks; a second block is scored again in the backward pass rather than kept."""
        batch = self.supervision.batch(epoch, step)
        user, item = model.encoder(self._graph)
        users, rows = torch.unique(batch.users, return_inverse=True)
        scored = Scored(self._graph, torch.stack([batch.users, batch.items]), batch.edge_ids, epoch)
        if len(users) <= self._block:
            return self._task.loss(model.score_all(user[users], item).float(), torch.stack([rows, batch.items])), scored

        def of_block(some: Tensor, item: Tensor, positives: Tensor) -> Tensor:
            return self._task.loss(model.score_all(some, item).float(), positives)

        total = user.new_zeros(())
        for start in range(0, len(users), self._block):
            inside = (rows >= start) & (rows < start + self._block)
            positives = torch.stack([rows[inside] - start, batch.items[inside]])
            of_these = users[start : start + self._block]
            value = cast("Tensor", checkpoint(of_block, user[of_these], item, positives, use_reentrant=False))
            total = total + value * (positives.size(1) / len(rows))
        return total, scored


class Batchwise(Objective):
    """Positives of a batch by the embeddings of their users and items."""

    def __init__(self, task: TrainingTask, supervision: Supervision) -> None:
        super().__init__(task, supervision)
        self._graph = task.graph.clone().to(supervision.whole.users.device)
        self._frequency = item_frequency(supervision.whole.items, task.supervision.num_items)

    def loss(self, model: TrainableModel, epoch: int, step: int) -> tuple[Tensor, Scored]:
        """By an encoder that embeds some rows more quickly than all of them, no others are embedded."""
        batch = self.supervision.batch(epoch, step)
        pairs = torch.stack([batch.users, batch.items])
        (users, of_user), (items, of_item) = (torch.unique(ids, return_inverse=True) for ids in pairs)
        embed_rows = getattr(model.encoder, "embed_rows", None)
        found = embed_rows(self._graph, (users, items)) if embed_rows and self.supervision.steps > 1 else None
        if found is None:
            user, item = model.encoder(self._graph)
            embedded = embedded_batch(user, item, pairs, self._frequency)
            return self._task.loss(embedded), Scored(self._graph, pairs, batch.edge_ids, epoch)
        local = torch.stack([of_user, of_item])
        embedded = EmbeddedBatch(found.user.float(), found.item.float(), local, self._frequency[items])
        initial = InitialRows(found.initial_user, found.initial_item, local)
        return self._task.loss(embedded), Scored(self._graph, pairs, batch.edge_ids, epoch, initial)


def pairs_of(batch: Batch, users: Tensor, items: Tensor) -> Tensor:
    """Positives, then the negatives of each: int64 [2, B + B·R]."""
    return torch.stack([torch.cat([batch.users, users.flatten()]), torch.cat([batch.items, items.flatten()])])


def half_squared_norm(model: TrainableModel, scored: Scored) -> Tensor:
    """Half the squared norm of the layer-0 rows that each positive and its negatives score, per positive: a scalar.

    Raises:
        UsageError: The encoder does not give its layer 0.
    """
    user, item, (users, items) = scored.initial or _initial_tables(model, scored)
    positives = len(scored.edge_ids)
    kept, drawn = users[:positives], users[positives:].view(positives, len(users) // positives - 1)  # [B], [B, R]
    norms: Tensor = user[kept].square().sum() + item[items].square().sum()
    of_their_own = (drawn != kept[:, None]).unsqueeze(-1)  # a negative that keeps its positive's user adds no row
    norms = norms + (user[drawn].square() * of_their_own).sum()
    return norms / (2 * positives)


def _initial_tables(model: TrainableModel, scored: Scored) -> InitialRows:
    initial = getattr(model.encoder, "initial_embeddings", None)
    if initial is None:
        raise UsageError("trainer.l2 weighs the encoder's initial_embeddings, and this encoder has none; set it to 0")
    tables = initial(scored.graph)
    return InitialRows(tables["user"], tables["item"], scored.pairs)
