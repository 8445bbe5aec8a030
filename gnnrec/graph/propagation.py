"""Message passing of linear convolutions as sparse × dense products; every linear convolution goes through here.

A gather/scatter over E edges writes and reads E·D numbers each way. The same sum is a product of a sparse
matrix [T, S] with the sources [S, D], and its backward pass a product with the transposed matrix. Both are
computed once per graph, the second when it is first needed, and kept for as long as the graph's `edge_index` lives.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from gnnrec.graph.sparse import PerTensor, Structure, has_sparse_products, product, version_of

if TYPE_CHECKING:
    from torch_geometric.data.storage import EdgeStorage

Reduce = Literal["sum", "mean", "symmetric"]

Degrees = tuple[Tensor, Tensor]
"""The degrees that a subgraph's nodes have in the whole graph: of sources int64 [S], of targets int64 [T]."""

_matrices = PerTensor()


def degrees(store: EdgeStorage) -> Degrees | None:
    """The whole graph's degrees, which the edges of a sampled subgraph bear; None where the graph is the whole one."""
    return (store.source_degree, store.target_degree) if "source_degree" in store else None


def propagate(
    source: Tensor,
    edge_index: Tensor,
    num_targets: int,
    reduce: Reduce = "mean",
    degrees: Degrees | None = None,
) -> Tensor:
    """Reduce the messages that reach each target: out[t] = sum over edges (s, t) of source[s] · weight.

    Runs in float32 whatever the surrounding precision, since sparse products on CPU know no other.

    Args:
        source: float [S, D], embeddings of the source nodes.
        edge_index: int64 [2, E], row 0 sources, row 1 targets. What is computed from it is kept while it lives.
        num_targets: T.
        reduce: The weights: `sum` 1, `mean` 1 / d_t, `symmetric` 1 / sqrt(d_s d_t), with d a node's number of edges.
            A target without edges gets zeros.
        degrees: On a sampled subgraph, whose edges are a part k_t of a target's d_t: the d. Then each weight is taken
            d_t / k_t times, which estimates the whole graph's sum without bias (d_t / k_t, 1 / k_t and
            sqrt(d_t / d_s) / k_t), and equals it where all edges are there.

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
            return gather_scatter(source, edge_index, num_targets, reduce, degrees)
        # Tensors are told apart as keys by what they are, not by what they hold, and a key keeps them alive.
        known = None if degrees is None else tuple((degree, version_of(degree)) for degree in degrees)
        key = (source.size(0), num_targets, reduce, known)
        matrices = _matrices.get(
            edge_index, key, lambda: _matrices_of(edge_index, source.size(0), num_targets, reduce, degrees)
        )
        product: Tensor = _SparseProduct.apply(source, matrices)  # type: ignore[no-untyped-call]
        return product


def gather_scatter(
    source: Tensor,
    edge_index: Tensor,
    num_targets: int,
    reduce: Reduce = "mean",
    degrees: Degrees | None = None,
) -> Tensor:
    """The same by gathering and scattering, for devices without sparse products."""
    weights = _weights(edge_index, num_targets, reduce, degrees)
    messages = source[edge_index[0]] * weights[:, None]  # [E, D]
    return source.new_zeros(num_targets, source.size(1)).index_add_(0, edge_index[1], messages)


def _weights(edge_index: Tensor, num_targets: int, reduce: Reduce, degrees: Degrees | None) -> Tensor:
    """The factor of each edge: float32 [E]."""
    sources, targets = edge_index
    if reduce == "sum" and degrees is None:
        return torch.ones(edge_index.size(1), device=edge_index.device)
    count = torch.bincount(targets, minlength=num_targets)
    if reduce == "mean":
        return count[targets].float().reciprocal()
    if degrees is None:
        return (count[targets].float() * torch.bincount(sources)[sources]).rsqrt()
    of_source, of_target = (degree.float() for degree in degrees)
    if reduce == "sum":
        return (of_target / count)[targets]
    return (of_target.sqrt() / count)[targets] * of_source.rsqrt()[sources]


@dataclass(frozen=True)
class _Matrices:
    """A matrix of weights [T, S] and, when it is first asked for, its transpose."""

    structure: Structure
    weights: Tensor

    @cached_property
    def matrix(self) -> Tensor:
        return self.structure.matrix(self.weights)

    @cached_property
    def transposed(self) -> Tensor:
        structure = self.structure.transposed()
        return structure.matrix(self.weights[structure.order])


def _matrices_of(
    edge_index: Tensor, num_sources: int, num_targets: int, reduce: Reduce, degrees: Degrees | None
) -> _Matrices:
    sources, targets = edge_index
    weights = _weights(edge_index, num_targets, reduce, degrees)
    # A sampled subgraph serves one step, and its sampler has laid out its edges by target: sorting would cost more
    # than the products. The whole graph is sorted through, so that the order of its edges changes no digit.
    structure_of = Structure.of if degrees is None else Structure.by_row
    structure = structure_of(targets, sources, (num_targets, num_sources))
    return _Matrices(structure, weights[structure.order])


class _SparseProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, source: Tensor, matrices: _Matrices) -> Tensor:
        ctx.matrices = matrices
        return product(matrices.matrix, source)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return product(ctx.matrices.transposed, gradient.contiguous()), None
