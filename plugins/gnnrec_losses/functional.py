"""The losses as functions of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn.functional import relu, softplus

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


def bpr(positive: Tensor, negative: Tensor) -> Tensor:
    """Mean of softplus(s⁻ - s⁺) = -ln σ(s⁺ - s⁻) over all pairs of a positive and one of its negatives.

    Args:
        positive: float [B].
        negative: float [B, R].

    >>> import torch
    >>> bpr(torch.zeros(2), torch.zeros(2, 3))  # log 2
    tensor(0.6931)
    """
    return softplus(negative - positive[:, None]).mean()


def margin(positive: Tensor, negative: Tensor, margin: float) -> Tensor:
    """Mean of max(0, m - s⁺ + s⁻) over all pairs of a positive and one of its negatives.

    Args:
        positive: float [B].
        negative: float [B, R].
        margin: m.

    >>> import torch
    >>> margin(torch.tensor([1.0]), torch.tensor([[-1.0, 0.5]]), 1.0)  # (0 + 0.5) / 2
    tensor(0.2500)
    """
    return relu(margin - positive[:, None] + negative).mean()


def cosine_contrastive(positive: Tensor, negative: Tensor, margin: float, weight: float) -> Tensor:
    """Mean over positives of 1 - s⁺ + w/R Σ max(0, s⁻ - m), the sum over the positive's negatives.

    Args:
        positive: float [B].
        negative: float [B, R].
        margin: m.
        weight: w.

    >>> import torch
    >>> cosine_contrastive(torch.tensor([0.8]), torch.tensor([[0.5, -1.0]]), 0.1, 2.0)  # 0.2 + 2 · (0.4 + 0) / 2
    tensor(0.6000)
    """
    return (1 - positive).mean() + weight * relu(negative - margin).mean()


def sampled_softmax(positive: Tensor, negative: Tensor, temperature: float) -> Tensor:
    """Mean over positives of -ln(exp(s⁺/t) / (exp(s⁺/t) + Σ exp(s⁻/t))), the sum over the positive's negatives.

    Args:
        positive: float [B].
        negative: float [B, R].
        temperature: t.

    >>> import torch
    >>> sampled_softmax(torch.zeros(2), torch.zeros(2, 3), 1.0)  # log 4
    tensor(1.3863)
    """
    # ln(1 + Σ exp(d)) = softplus(logsumexp(d)): nothing overflows, and a loss near 0 keeps its digits.
    return softplus(((negative - positive[:, None]) / temperature).logsumexp(dim=1)).mean()


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
