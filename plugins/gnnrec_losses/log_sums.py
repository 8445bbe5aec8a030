"""Sums of exponentials of inner products, over all pairs of two tables but some, in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from gnnrec.data.size import BLOCK_CELLS

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY = 2 * 4 * BLOCK_CELLS
"""Bytes that it takes beside the tables: exponentials of a block, and what a product lays out anew."""


def log_sums(left: Tensor, right: Tensor, log_weight: Tensor, excluded: Tensor) -> Tensor:
    """The logarithm of Σ_j w_j exp<l_i, r_j> for each row i, over all j that it is not excluded with: float32 [n].

    The exponentials are the only thing of n times m that there is, of a block of rows at a time; nothing overflows. A
    sum of nothing, or of what is too small for float32, is the smallest number there is, and gives no gradient.

    Args:
        left: float32 [n, D].
        right: float32 [m, D].
        log_weight: ln w, float32 [m].
        excluded: int64 [2, P], rows of both; one may stand twice.

    >>> sums = log_sums(torch.zeros(1, 2), torch.ones(3, 2), torch.zeros(3), torch.tensor([[0], [1]]))
    >>> sums.exp()
    tensor([2.])
    """
    with torch.autocast(left.device.type, enabled=False):
        return cast("Tensor", _LogSums.apply(left.float(), right.float(), log_weight, excluded))  # type: ignore[no-untyped-call]


class _LogSums(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, left: Tensor, right: Tensor, log_weight: Tensor, excluded: Tensor) -> Tensor:
        # No inner product is above the product of the norms, so that no exponential is above one.
        bound, heaviest = left.norm(dim=1) * right.norm(dim=1).max(), log_weight.max()
        weight, blocks = log_weight - heaviest, tuple(_blocks(left, right))
        sums, kept = torch.empty_like(bound), None
        for rows in blocks:
            kept = _exponentials(left, right, weight, bound, excluded, rows)
            sums[rows] = kept.sum(dim=1)
        sums.clamp_min_(torch.finfo(torch.float32).tiny)
        ctx.save_for_backward(left, right, weight, bound, excluded, sums)
        ctx.kept = kept if len(blocks) == 1 else None
        found: Tensor = sums.log() + bound + heaviest
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        left, right, weight, bound, excluded, sums = ctx.saved_tensors
        share = (grad / sums)[:, None]
        of_left, of_right = torch.empty_like(left), torch.zeros_like(right)
        for rows in _blocks(left, right):
            kept = ctx.kept
            if kept is None:
                kept = _exponentials(left, right, weight, bound, excluded, rows)
            of_left[rows] = share[rows] * (kept @ right)
            of_right += kept.T @ (share[rows] * left[rows])
        return of_left, of_right, None, None


def _blocks(left: Tensor, right: Tensor) -> Iterator[slice]:
    size = max(1, BLOCK_CELLS // len(right))
    return (slice(start, min(start + size, len(left))) for start in range(0, len(left), size))


def _exponentials(left: Tensor, right: Tensor, weight: Tensor, bound: Tensor, excluded: Tensor, rows: slice) -> Tensor:
    """w_j exp(<l_i, r_j> - bound_i) for some rows, 0 where excluded: [b, m]."""
    found = torch.addmm(weight, left[rows], right.T).sub_(bound[rows, None]).exp_()
    inside = (excluded[0] >= rows.start) & (excluded[0] < rows.stop)
    found[excluded[0, inside] - rows.start, excluded[1, inside]] = 0.0
    return found
