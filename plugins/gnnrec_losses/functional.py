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
