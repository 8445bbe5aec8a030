"""Link prediction: loss, AUC and average precision of held-out pairs against fixed negatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """Area under the ROC curve: how often one of positive [B] is above one of negative [B, R]; ties count half.

    It is the Mann-Whitney statistic, exact in float64; 0 where either is empty.

    >>> auc(torch.tensor([3.0, 1.0]), torch.tensor([[2.0, 0.0], [1.0, -1.0]]))
    0.8125
    """
    hits, misses = _counts(positive, negative)
    won = hits * (misses.cumsum(0) - misses / 2)
    return float(won.sum()) / max(len(positive) * negative.numel(), 1)


def average_precision(positive: Tensor, negative: Tensor) -> float:
    """Average precision of positive [B] among positive and negative [B, R]; 0 where positive is empty.

    Precision at each score, of all that score as much or more, weighted with the recall gained there: what ties is
    taken together.

    >>> average_precision(torch.tensor([3.0, 1.0]), torch.tensor([[2.0, 0.0], [1.0, -1.0]]))
    0.75
    """
    hits, misses = (each.flip(0) for each in _counts(positive, negative))
    found = hits.cumsum(0)
    gained = hits * found / (found + misses.cumsum(0))
    return float(gained.sum()) / max(len(positive), 1)


def _counts(positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """Of each different score, from the least: how many positives have it, and how many negatives; two float64 [G].

    A NaN is above all numbers, and like no other NaN.
    """
    different, place = torch.unique(torch.cat([positive, negative.flatten()]), return_inverse=True)
    of_class = (place[: len(positive)], place[len(positive) :])
    hits, misses = (torch.bincount(each, minlength=len(different)).cpu().double() for each in of_class)
    return hits, misses
