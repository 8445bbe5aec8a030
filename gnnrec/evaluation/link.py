"""Link prediction: loss, AUC and average precision of held-out pairs against fixed negatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from gnnrec.graph.pair_sampling import UnknownPairs
from gnnrec.randomness import Streams

if TYPE_CHECKING:
    from gnnrec.data.edges import Edges
    from gnnrec.data.parts import Part
    from gnnrec.data.split import Split


MOST_PAIRS = 2**22
"""Held-out pairs that are asked about, negatives among them; of more the positives are a sample.

With two negatives for each these are 1,398,101 positives, and an AUC that differs from that over all with a standard
deviation of at most 0.5 / √1,398,101 = 0.0004.
"""


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

    @property
    def positives(self) -> Tensor:
        """The positives alone: int64 [2, B]."""
        return self.edge_label_index[:, : self.num_positives]

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
    and every run over the split is asked the same question. Where there are more than `MOST_PAIRS`, the positives are a
    sample, uniform and without replacement, by the same seed.

    Raises:
        DataError: Every user has interacted with every item.
    """
    positives, most, streams = split.edges(part), max(1, MOST_PAIRS // (1 + negatives)), Streams(seed)
    if len(positives) > most:
        order = torch.randperm(len(positives), generator=streams.generator(f"evaluation positives of {part}"))
        positives = positives.keep(np.sort(order[:most].numpy()))
    unknown = UnknownPairs(split.interactions.seen)
    generator = streams.generator(f"evaluation negatives of {part}")
    return LabelledPairs.of(positives, unknown.draw_pairs((len(positives), negatives), generator))


def by_score(positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """Of each different score, from the least: how many of positive [B] have it, and of negative [B, R].

    A NaN is above all numbers, and like no other NaN.

    Returns:
        Two float64 [G], which `auc` and `average_precision` are counted from.

    >>> by_score(torch.tensor([3.0, 1.0]), torch.tensor([[2.0, 0.0], [1.0, -1.0]]))[0].tolist()
    [0.0, 0.0, 1.0, 0.0, 1.0]
    """
    different, place = torch.unique(torch.cat([positive, negative.flatten()]), return_inverse=True)
    of_class = (place[: len(positive)], place[len(positive) :])
    hits, misses = (torch.bincount(each, minlength=len(different)).cpu().double() for each in of_class)
    return hits, misses


def auc(hits: Tensor, misses: Tensor) -> float:
    """Area under the ROC curve: how often a positive is above a negative; ties count half.

    It is the Mann-Whitney statistic, exact in float64; 0 where there are no positives or no negatives. As an estimate
    from a sample its variance is at most AUC · (1 − AUC) / min(positives, negatives) (Birnbaum and Klose 1957).

    Args:
        hits: Positives of each score, see `by_score`: float64 [G].
        misses: Negatives of each score: float64 [G].

    >>> auc(*by_score(torch.tensor([3.0, 1.0]), torch.tensor([[2.0, 0.0], [1.0, -1.0]])))
    0.8125
    """
    won = hits * (misses.cumsum(0) - misses / 2)
    return float(won.sum()) / max(float(hits.sum()) * float(misses.sum()), 1.0)


def average_precision(hits: Tensor, misses: Tensor) -> float:
    """Average precision of positives among all; 0 where there are none.

    Precision at each score, of all that score as much or more, weighted with the recall gained there: what ties is
    taken together.

    Args:
        hits: Positives of each score, see `by_score`: float64 [G].
        misses: Negatives of each score: float64 [G].

    >>> average_precision(*by_score(torch.tensor([3.0, 1.0]), torch.tensor([[2.0, 0.0], [1.0, -1.0]])))
    0.75
    """
    hits, misses = hits.flip(0), misses.flip(0)
    found = hits.cumsum(0)
    gained = hits * found / (found + misses.cumsum(0))
    return float(gained.sum()) / max(float(hits.sum()), 1.0)
