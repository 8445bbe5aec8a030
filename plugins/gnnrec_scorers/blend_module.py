"""A weighted sum of standardised scores, and the search for its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnnrec import HeldOut

STEPS = 20
"""A weight is looked for among multiples of one over this."""

ROUNDS = 3
"""How often the search goes through the parts, at the most: it ends where a round changes nothing."""


class BlendModule(nn.Module):
    """score(u, i) = Σ w_p z_p(u, i), with z the scores of part p less their mean over all items, by their deviation.

    A part that scores all items of a user alike adds nothing for that user.

    Args:
        weights: w, one for each part.
    """

    weights: Tensor

    def __init__(self, weights: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("weights", torch.tensor(weights, dtype=torch.float32))

    def forward(self, scores: Tensor) -> Tensor:
        """Join raw scores: [P, B, I] → [B, I]."""
        joined = scores.new_zeros(scores.shape[1:])
        for weight, part in zip(self.weights, scores, strict=True):
            joined.addcmul_(weight, standardised(part))
        return joined


def standardised(scores: Tensor) -> Tensor:
    """Each row less its mean, by its deviation; zeros where a row has one value alone: float32 [B, I].

    >>> standardised(torch.tensor([[1.0, 3.0], [2.0, 2.0]]))
    tensor([[-1.,  1.],
            [ 0.,  0.]])
    """
    centred = scores - scores.mean(dim=1, keepdim=True)
    deviation = centred.square().mean(dim=1, keepdim=True).sqrt()
    return centred / deviation.where(deviation > 0, torch.inf)


def chosen_weights(held_out: HeldOut, parts: int, k: int) -> list[float]:
    """Weights, summing to one, that no others beat clearly in ndcg@k on what is held out.

    Coordinate search from equal weights: of each part in turn all multiples of 1 / 20 are tried, while the others share
    the rest as they did. Of those within one standard error of the best, by users' differences, the nearest to what was
    before is taken (the one-standard-error rule of Breiman et al. 1984): what parts are worth on validation is a little
    kind to those whose epoch was chosen there.

    Args:
        held_out: What is gone through once for each part and round.
        parts: P, at least 2.
        k: Length of the lists.
    """
    weights = [1.0 / parts] * parts
    free = range(parts) if parts > 2 else range(1)  # noqa: PLR2004 - of two, one follows from the other
    for _ in range(ROUNDS):
        before = list(weights)
        for part in free:
            steps = sorted((step / STEPS for step in range(STEPS + 1)), key=lambda step: abs(step - weights[part]))
            tried = [weights, *(_with(weights, part, step) for step in steps)]
            worth = _ndcg(held_out, torch.tensor(tried), k)
            less = worth[worth.mean(dim=1).argmax()] - worth
            error = less.std(dim=1, correction=0) / less.size(1) ** 0.5
            weights = tried[int((less.mean(dim=1) <= error).nonzero()[0])]
        if len(free) == 1 or weights == before:
            break
    return weights


def _with(weights: Sequence[float], part: int, weight: float) -> list[float]:
    """The weights with another one for one part; the others share the rest as they did, or evenly."""
    others = sum(each for index, each in enumerate(weights) if index != part)
    rest = 1.0 - weight
    shares = (each / others if others else 1 / (len(weights) - 1) for each in weights)
    return [weight if index == part else rest * share for index, share in enumerate(shares)]


def _ndcg(held_out: HeldOut, weights: Tensor, k: int) -> Tensor:
    """The ndcg@k of each user by each row of weights [W, P]: float64 [W, Q]."""
    found = []
    for scores, relevant, seen in held_out.blocks():
        standard = torch.stack([standardised(part) for part in scores])
        length = min(k, standard.size(2))
        gain = 1 / torch.arange(2, length + 2, dtype=torch.float64).log2()
        ideal = gain.cumsum(0)[relevant.sum(dim=1).clamp(1, length) - 1]
        rows = []
        for row in weights:
            joined = torch.einsum("p,pbi->bi", row, standard).masked_fill_(seen, -torch.inf)
            best = joined.topk(length, dim=1).indices
            rows.append((relevant.gather(1, best) * gain).sum(dim=1) / ideal)
        found.append(torch.stack(rows))
    return torch.cat(found, dim=1)
