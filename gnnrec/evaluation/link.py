"""Link prediction: loss, AUC and average precision of held-out pairs against fixed negatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from gnnrec.pair_sampling import UnknownPairs
from gnnrec.randomness import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch_geometric.data import HeteroData

    from gnnrec.interactions import Edges
    from gnnrec.model import Model
    from gnnrec.split import Part, Split


@dataclass(frozen=True)
class LabelledPairs:
    """Held-out positives and their negatives, in one tensor so that both are scored at once.

    Attributes:
        edge_label_index: int64 [2, B + B·R], the positives first, then R negatives for each in turn.
        num_positives: B.
    """

    edge_label_index: Tensor
    num_positives: int

    @classmethod
    def of(cls, positives: Edges, negatives: tuple[Tensor, Tensor]) -> LabelledPairs:
        """Join positives with negatives, two int64 [B, R]."""
        users = torch.cat([torch.from_numpy(positives.users), negatives[0].flatten()])
        items = torch.cat([torch.from_numpy(positives.items), negatives[1].flatten()])
        return cls(torch.stack([users, items]), len(positives))

    def to(self, device: torch.device) -> LabelledPairs:
        """The same pairs on `device`."""
        return LabelledPairs(self.edge_label_index.to(device), self.num_positives)

    def divide(self, scores: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of all pairs [B + B·R] as positive [B] and negative [B, R]."""
        return scores[: self.num_positives], scores[self.num_positives :].view(self.num_positives, -1)


def held_out_pairs(split: Split, part: Part, seed: int, negatives: int) -> LabelledPairs:
    """The positives of a held-out part with their evaluation negatives.

    Drawn uniformly over all pairs that are a positive of no part, from the split's seed alone: so every model
    and every run over the split is asked the same question.

    Raises:
        DataError: Every user has interacted with every item.
    """
    positives = split.edges(part)
    unknown = UnknownPairs(split.interactions.edges)
    generator = Streams(seed).generator(f"evaluation negatives of {part}")
    return LabelledPairs.of(positives, unknown.draw_pairs((len(positives), negatives), generator))


class LinkEvaluator:
    """Scores labelled pairs with a model that propagates over a given graph.

    Args:
        graph: What is propagated over.
        pairs: What is scored.
        loss: Takes (positive [B], negative [B, R]) and gives a scalar.
    """

    def __init__(self, graph: HeteroData, pairs: LabelledPairs, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
        self._graph, self._pairs, self._loss = graph, pairs, loss

    def __call__(self, model: Model, metrics: Sequence[str] = ("loss", "auc", "ap")) -> dict[str, float]:
        """The metrics asked for, and no work for others. The model is left in the mode it was in."""
        if self._pairs.edge_label_index.device != model.device:
            self._graph, self._pairs = self._graph.clone().to(model.device), self._pairs.to(model.device)
        was_training = model.training
        model.eval()
        try:
            with torch.no_grad():
                scores = model(self._graph, self._pairs.edge_label_index)
        finally:
            model.train(was_training)
        positive, negative = self._pairs.divide(scores)
        return {name: self._metric(name, positive, negative) for name in metrics}

    def _metric(self, name: str, positive: Tensor, negative: Tensor) -> float:
        if name == "loss":
            return float(self._loss(positive, negative))
        from torchmetrics.functional.classification import binary_auroc, binary_average_precision

        # Both look at the order alone. Dense ranks keep it exactly, where a sigmoid would make ties of large scores.
        _, ranks = torch.unique(torch.cat([positive, negative.flatten()]), return_inverse=True)
        scores = ranks.double() / ranks.max().clamp(min=1)
        labels = torch.zeros_like(scores, dtype=torch.int64)
        labels[: len(positive)] = 1
        compute: Any = {"auc": binary_auroc, "ap": binary_average_precision}[name]
        return float(compute(scores, labels))
