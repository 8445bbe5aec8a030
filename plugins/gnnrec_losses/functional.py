"""The losses as functions of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn.functional import softplus

if TYPE_CHECKING:
    from torch import Tensor


def bce(positive: Tensor, negative: Tensor) -> Tensor:
    """Mean binary cross-entropy of logits, over all pairs alike.

    Args:
        positive: float [B].
        negative: float [B, R].

    >>> import torch
    >>> bce(torch.zeros(2), torch.zeros(2, 3))
    tensor(0.6931)
    """
    total = softplus(-positive).sum() + softplus(negative).sum()
    return total / (positive.numel() + negative.numel())


def softmax(scores: Tensor, positives: Tensor, temperature: float) -> Tensor:
    """Mean over positives of logsumexp(all of the user's scores / t) - score / t.

    Args:
        scores: float [B, I]; -inf takes an item out of the sum.
        positives: int64 [2, P], rows of `scores` and items.
        temperature: t.

    >>> import torch
    >>> softmax(torch.zeros(1, 4), torch.tensor([[0], [2]]), 1.0)  # log 4
    tensor(1.3863)
    """
    scores = scores / temperature
    rows, items = positives
    return (scores.logsumexp(dim=1)[rows] - scores[rows, items]).mean()
