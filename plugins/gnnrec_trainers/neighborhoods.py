"""Mini-batches on sampled neighbourhoods: a step propagates over what is around the pairs that it scores."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import DataLoader, Dataset
from typing_extensions import override

from gnnrec import UsageError
from gnnrec.graph.embedded_batches import embedded_batch, item_frequency
from gnnrec.graph.neighbor_sampling import NeighborSampler
from gnnrec_trainers.objectives import Negatives, Objective, Scored, Supervision, pairs_of
from gnnrec_trainers.prefetching import prefetched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor
    from torch_geometric.data import HeteroData

    from gnnrec.contract.training import Batch, TrainableModel, TrainingTask

Place = tuple[int, int]
"""An epoch and a step of it."""


class _Sampled(Objective):
    """Positives of a batch over the sampled neighbourhood of what is scored.

    A batch's supervision edges are never among the edges that it propagates over, in either direction. Negatives and
    neighbours are drawn on CPU, by generators of their step, so that drawing ahead changes nothing: a thread does, or
    worker processes, unless negatives need the scores of their step.

    Args:
        task: What is trained.
        fan_out: See `NeighborSampler`.
        replace: Draw neighbours with replacement.
        workers: Processes that draw ahead; with 0 a thread does.
        batch_size: B.
        device: Where the model is.
    """

    def __init__(
        self,
        task: TrainingTask,
        fan_out: tuple[int, ...],
        *,
        replace: bool,
        workers: int,
        batch_size: int | None,
        device: torch.device,
    ) -> None:
        super().__init__(task, Supervision(task, batch_size, torch.device("cpu")))
        self._device, self._workers, self._by_score = device, workers, False
        self._sampler = NeighborSampler(task.graph, fan_out, replace=replace)
        self._ahead: tuple[Place, Iterator[Scored]] | None = None

    @abstractmethod
    def _pairs(self, batch: Batch, place: Place, model: TrainableModel | None) -> Tensor:
        """What is scored at a place: int64 [2, P], positives first; drawn ahead where there is no model."""

    def _scored(self, model: TrainableModel, place: Place) -> Scored:
        scored = self._prepare(place, model) if self._by_score else self._next(place)
        return scored.to(self._device)

    def prepare(self, place: Place) -> Scored:
        """The step at a place; the same whoever prepares it."""
        return self._prepare(place, None)

    def _prepare(self, place: Place, model: TrainableModel | None) -> Scored:
        batch = self.supervision.batch(*place)
        graph, pairs = self._around(self._pairs(batch, place, model), batch, place, "neighbors")
        return Scored(graph, pairs, batch.edge_ids, place[0])

    def _around(self, pairs: Tensor, batch: Batch, place: Place, purpose: str) -> tuple[HeteroData, Tensor]:
        """The neighbourhood of pairs of nodes, and the pairs as rows of it."""
        users, user_rows = torch.unique(pairs[0], return_inverse=True)
        items, item_rows = torch.unique(pairs[1], return_inverse=True)
        generator = self._task.streams.generator(purpose, epoch=place[0], step=place[1])
        graph = self._sampler.sample({"user": users, "item": items}, generator, (batch.users, batch.items))
        return graph, torch.stack([user_rows, item_rows])

    def _next(self, place: Place) -> Scored:
        """The step at a place, drawn ahead; whoever asks for another than the next starts anew from there."""
        if self._ahead is None or self._ahead[0] != place:
            epoch, first = place
            places = [(epoch, step) for step in range(first, self.supervision.steps)]
            self._ahead = place, self._drawn_ahead(places)
        (epoch, step), ahead = self._ahead
        self._ahead = (epoch, step + 1), ahead
        return next(ahead)

    def _drawn_ahead(self, places: list[Place]) -> Iterator[Scored]:
        if not self._workers:
            return prefetched(self.prepare, places)
        return iter(DataLoader(_Places(self), batch_size=None, sampler=places, num_workers=self._workers))


class SampledPairwise(_Sampled):
    """Positives of a batch against their negatives; see `_Sampled`.

    Raises:
        UsageError: Negatives that need scores are to be drawn ahead.
    """

    def __init__(self, task: TrainingTask, fan_out: tuple[int, ...], **how: Any) -> None:
        super().__init__(task, fan_out, **how)
        self._negatives = Negatives(task, self.supervision, torch.device("cpu"))
        self._by_score = self._negatives.needs_score
        if self._workers and self._by_score:
            raise UsageError("trainer.workers: negatives that need scores cannot be drawn ahead; set it to 0")

    def loss(self, model: TrainableModel, epoch: int, step: int) -> tuple[Tensor, Scored]:
        """Encodes the neighbourhood; negatives that are looked for by score are scored on one of their own."""
        scored = self._scored(model, (epoch, step))
        user, item = model.encoder(scored.graph)
        return self._pairwise(model, user, item, scored.pairs, len(scored.edge_ids)), scored

    @override
    def _pairs(self, batch: Batch, place: Place, model: TrainableModel | None) -> Tensor:
        def score(users: Tensor, items: Tensor) -> Tensor:
            return self._scores(model, batch, users, items, place)

        asks = model is not None and self._negatives.needs_score
        return pairs_of(batch, *self._negatives.draw(batch, place[1], score if asks else None))

    def _scores(self, model: Any, batch: Batch, users: Tensor, items: Tensor, place: Place) -> Tensor:
        asked = torch.stack([users.flatten(), items.flatten()])
        graph, pairs = self._around(asked, batch, place, "neighbors of candidates")
        with torch.no_grad():
            found: Tensor = model.score_pairs(*model.encoder(graph.to(self._device)), pairs.to(self._device))
        return found.float().cpu().view(users.shape)


class SampledBatchwise(_Sampled):
    """Positives of a batch by the embeddings of their users and items; see `_Sampled`."""

    def __init__(self, task: TrainingTask, fan_out: tuple[int, ...], **how: Any) -> None:
        super().__init__(task, fan_out, **how)
        self._frequency = item_frequency(self.supervision.whole.items, task.supervision.num_items).to(self._device)

    def loss(self, model: TrainableModel, epoch: int, step: int) -> tuple[Tensor, Scored]:
        """Encodes the neighbourhood."""
        scored = self._scored(model, (epoch, step))
        user, item = model.encoder(scored.graph)
        of_rows = self._frequency[scored.graph["item"].node_id]
        return self._task.loss(embedded_batch(user, item, scored.pairs, of_rows)), scored

    @override
    def _pairs(self, batch: Batch, place: Place, model: TrainableModel | None) -> Tensor:
        return torch.stack([batch.users, batch.items])


class _Places(Dataset[Scored]):
    """Steps by their place, as a data loader's workers ask for them."""

    def __init__(self, objective: _Sampled) -> None:
        self._objective = objective

    def __getitem__(self, place: Any) -> Scored:
        return self._objective.prepare(place)
