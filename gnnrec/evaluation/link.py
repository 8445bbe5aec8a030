"""Link prediction: loss, AUC and average precision of held-out pairs against fixed negatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from gnnrec.graph.pair_sampling import UnknownPairs
from gnnrec.randomness import Streams

if TYPE_CHECKING:
    from gnnrec.data.edges import Edges
    from gnnrec.data.parts import Part
    from gnnrec.data.split import Split


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
        if self.edge_label_index.device == device:
            return self
        return LabelledPairs(self.edge_label_index.to(device), self.num_positives)

    def divide(self, scores: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of all pairs [B + B·R] as positive [B] and negative [B, R]."""
        return scores[: self.num_positives], scores[self.num_positives :].view(self.num_positives, -1)


def held_out_pairs(split: Split, part: Part, seed: int, negatives: int) -> LabelledPairs:
    """The positives of a held-out part with their evaluation negatives.

    Drawn uniformly over all pairs that are not known (filtered ones are), from the split's seed alone: so every model
    and every run over the split is asked the same question.

    Raises:
        DataError: Every user has interacted with every item.
    """
    positives = split.edges(part)
    unknown = UnknownPairs(split.interactions.seen)
    generator = Streams(seed).generator(f"evaluation negatives of {part}")
    return LabelledPairs.of(positives, unknown.draw_pairs((len(positives), negatives), generator))


def auc(positive: Tensor, negative: Tensor) -> float:
    """Area under the ROC curve of positive [B] against negative [B, R]; ties count half."""
    from torchmetrics.functional.classification import binary_auroc

    return float(binary_auroc(*_ranks_and_labels(positive, negative)))


def average_precision(positive: Tensor, negative: Tensor) -> float:
    """Average precision of positive [B] among positive and negative [B, R]."""
    from torchmetrics.functional.classification import binary_average_precision

    return float(binary_average_precision(*_ranks_and_labels(positive, negative)))


def _ranks_and_labels(positive: Tensor, negative: Tensor) -> Any:
    """Both metrics look at the order alone. Dense ranks keep it exactly, where a sigmoid would tie large scores."""
    _, ranks = torch.unique(torch.cat([positive, negative.flatten()]), return_inverse=True)
    labels = torch.zeros_like(ranks)
    labels[: len(positive)] = 1
    return ranks.double() / ranks.max().clamp(min=1), labels
