"""Message passing of linear convolutions as sparse × dense products; every linear convolution goes through here.

A gather/scatter over E edges writes and reads E·D numbers each way. The same sum is a product of a sparse
matrix [T, S] with the sources [S, D], and its backward pass a product with the transposed matrix, which is
computed once per graph and kept for as long as the graph's `edge_index` lives.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from gnnrec.sparse import PerTensor, Structure, has_sparse_products, product

Reduce = Literal["sum", "mean", "symmetric"]

_matrices = PerTensor()


def propagate(source: Tensor, edge_index: Tensor, num_targets: int, reduce: Reduce = "mean") -> Tensor:
    """Reduce the messages that reach each target: out[t] = sum over edges (s, t) of source[s] · weight.

    Runs in float32 whatever the surrounding precision, since sparse products on CPU know no other.

    Args:
        source: float [S, D], embeddings of the source nodes.
        edge_index: int64 [2, E], row 0 sources, row 1 targets. What is computed from it is kept while it lives.
        num_targets: T.
        reduce: The weights: `sum` 1, `mean` 1 / d_t, `symmetric` 1 / sqrt(d_s d_t), with d a node's number of edges.
            A target without edges gets zeros.

    Returns:
        float32 [T, D].

    >>> x = torch.tensor([[1.0], [3.0], [5.0]])
    >>> propagate(x, torch.tensor([[0, 1, 2], [0, 0, 1]]), 3)
    tensor([[2.],
            [5.],
            [0.]])
    """
    with torch.autocast(source.device.type, enabled=False):
        source = source.float()
        if not has_sparse_products(source.device):
            return gather_scatter(source, edge_index, num_targets, reduce)
        key = (source.size(0), num_targets, reduce)
        forward, backward = _matrices.get(
            edge_index, key, lambda: _matrix_and_transpose(edge_index, source.size(0), num_targets, reduce)
        )
        product: Tensor = _SparseProduct.apply(source, forward, backward)  # type: ignore[no-untyped-call]
        return product


def gather_scatter(source: Tensor, edge_index: Tensor, num_targets: int, reduce: Reduce = "mean") -> Tensor:
    """The same by gathering and scattering, for devices without sparse products."""
    messages = source[edge_index[0]] * _weights(edge_index, num_targets, reduce)[:, None]  # [E, D]
    return source.new_zeros(num_targets, source.size(1)).index_add_(0, edge_index[1], messages)


def _weights(edge_index: Tensor, num_targets: int, reduce: Reduce) -> Tensor:
    """The factor of each edge: float32 [E]."""
    if reduce == "sum":
        return torch.ones(edge_index.size(1), device=edge_index.device)
    sources, targets = edge_index
    degree = torch.bincount(targets, minlength=num_targets)[targets].float()
    if reduce == "mean":
        return degree.reciprocal()
    return (degree * torch.bincount(sources)[sources]).rsqrt()


def _matrix_and_transpose(
    edge_index: Tensor, num_sources: int, num_targets: int, reduce: Reduce
) -> tuple[Tensor, Tensor]:
    sources, targets = edge_index
    weights = _weights(edge_index, num_targets, reduce)
    structure = Structure.of(targets, sources, (num_targets, num_sources))
    transposed = Structure.of(sources, targets, (num_sources, num_targets))
    return structure.matrix(weights[structure.order]), transposed.matrix(weights[transposed.order])


class _SparseProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, source: Tensor, matrix: Tensor, transposed: Tensor) -> Tensor:
        ctx.transposed = transposed
        return product(matrix, source)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return product(ctx.transposed, gradient.contiguous()), None, None
