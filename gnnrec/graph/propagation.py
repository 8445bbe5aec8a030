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

from gnnrec.graph.sparse import PerTensor, Structure, counted, has_sparse_products, product, version_of

if TYPE_CHECKING:
    from torch_geometric.data.storage import EdgeStorage

Reduce = Literal["sum", "mean", "symmetric"]

Degrees = tuple[Tensor, Tensor]
"""The degrees that count: of sources [S], of targets [T]; int64, or float32 where edges have weights."""

_matrices = PerTensor()


def degrees(store: EdgeStorage) -> Degrees | None:
    """The degrees that an edge type bears, `source_degree` and `target_degree`; None where its own edges tell them."""
    return (store.source_degree, store.target_degree) if "source_degree" in store else None


def propagate_over(source: Tensor, edges: EdgeStorage, num_targets: int, reduce: Reduce = "mean") -> Tensor:
    """`propagate` over an edge type of a graph, with the `edge_weight` and the degrees that it bears."""
    return propagate(source, edges.edge_index, num_targets, reduce, degrees(edges), edges.get("edge_weight"))


def propagate(
    source: Tensor,
    edge_index: Tensor,
    num_targets: int,
    reduce: Reduce = "mean",
    degrees: Degrees | None = None,
    edge_weight: Tensor | None = None,
) -> Tensor:
    """Reduce the messages that reach each target: out[t] = sum over edges (s, t) of source[s] · factor.

    Runs in float32 whatever the surrounding precision, since sparse products on CPU know no other.

    Args:
        source: float [S, D], embeddings of the source nodes.
        edge_index: int64 [2, E], row 0 sources, row 1 targets. What is computed from it is kept while it lives.
        num_targets: T.
        reduce: The factors of an edge of weight w: `sum` w, `mean` w / d_t, `symmetric` w / sqrt(d_s d_t), with a
            node's degree d the sum of its edges' weights. A target without edges, or of degree 0, gets zeros.
        degrees: The d, where these edges are a part k_t of a target's d_t, as on a sampled subgraph. Then each factor
            is taken d_t / k_t times (w d_t / k_t, w / k_t and w sqrt(d_t / d_s) / k_t): that estimates the whole
            graph's sum, without bias where weights are equal, and equals it where all edges are there.
        edge_weight: float32 [E], none negative; 1 each where it is None.

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
            return gather_scatter(source, edge_index, num_targets, reduce, degrees, edge_weight)
        matrices = _kept_matrices(edge_index, source.size(0), num_targets, reduce, degrees, edge_weight)
        product: Tensor = _SparseProduct.apply(source, matrices)  # type: ignore[no-untyped-call]
        return product


def gather_scatter(
    source: Tensor,
    edge_index: Tensor,
    num_targets: int,
    reduce: Reduce = "mean",
    degrees: Degrees | None = None,
    edge_weight: Tensor | None = None,
) -> Tensor:
    """The same by gathering and scattering, for devices without sparse products."""
    factors = _factors(edge_index, num_targets, reduce, degrees, edge_weight)
    messages = source[edge_index[0]] * factors[:, None]  # [E, D]
    return source.new_zeros(num_targets, source.size(1)).index_add_(0, edge_index[1], messages)


def _factors(
    edge_index: Tensor, num_targets: int, reduce: Reduce, degrees: Degrees | None, edge_weight: Tensor | None
) -> Tensor:
    """The factor of each edge: float32 [E]."""
    if edge_weight is None:
        return _per_weight(edge_index, num_targets, reduce, degrees, None)
    factors = edge_weight * _per_weight(edge_index, num_targets, reduce, degrees, edge_weight)
    return factors.masked_fill_(edge_weight == 0, 0.0)  # also where all of a node's weights are 0, and so its degree


def _per_weight(
    edge_index: Tensor, num_targets: int, reduce: Reduce, degrees: Degrees | None, edge_weight: Tensor | None
) -> Tensor:
    """The factor of each edge for a weight of 1: float32 [E]."""
    sources, targets = edge_index
    if reduce == "sum" and degrees is None:
        return torch.ones(edge_index.size(1), device=edge_index.device)
    here = sums_of_weights(targets, edge_weight, num_targets).float()
    if reduce == "mean":
        return here[targets].reciprocal()
    if degrees is None and edge_weight is None:
        return (here[targets] * torch.bincount(sources)[sources]).rsqrt()  # of a whole graph, once
    if degrees is None:
        degrees = sums_of_weights(sources, edge_weight, 0), here
    of_source, of_target = (degree.float() for degree in degrees)
    if reduce == "sum":
        return (of_target / here)[targets]
    return (of_target.sqrt() / here)[targets] * of_source.rsqrt()[sources]


def sums_of_weights(nodes: Tensor, edge_weight: Tensor | None, count: int) -> Tensor:
    """What the edges at each node weigh together.

    Args:
        nodes: int64 [E], one end of each edge.
        edge_weight: float32 [E]; 1 each where it is None.
        count: How many nodes there are; 0 for as many as the edges tell, for which a device is waited for.

    Returns:
        int64 [N]; or float64, so that the order in which a device adds up shows in no digit that counts (on MPS, which
        knows no such numbers, float32).
    """
    if edge_weight is not None and edge_weight.device.type != "mps":
        edge_weight = edge_weight.double()
    return counted(nodes, count, edge_weight) if count else torch.bincount(nodes, edge_weight)


def as_borne(degree: Tensor) -> Tensor:
    """A degree as edge types bear it: int64, or float32, which every device knows."""
    return degree.float() if degree.is_floating_point() else degree


@dataclass(frozen=True)
class Matrices:
    """A matrix of factors [T, S] and, when it is first asked for, its transpose.

    Attributes:
        structure: Where its entries are.
        factors: float32 [E], these, in compressed order.
    """

    structure: Structure
    factors: Tensor

    @cached_property
    def matrix(self) -> Tensor:
        """CSR [T, S]."""
        return self.structure.matrix(self.factors)

    @cached_property
    def transposed(self) -> Tensor:
        """CSR [S, T]."""
        structure = self.structure.transposed()
        return structure.matrix(self.factors[structure.order])

    def rows(self, chosen: Tensor) -> Matrices:
        """The matrix of some targets, int64 [B], none twice: [B, S]."""
        structure = self.structure.rows(chosen)
        return Matrices(structure, self.factors[structure.order])


def matrices_over(edges: EdgeStorage, num_sources: int, num_targets: int, reduce: Reduce) -> Matrices:
    """The matrices by which `propagate_over` multiplies, kept for as long as the graph's `edge_index` lives."""
    return _kept_matrices(edges.edge_index, num_sources, num_targets, reduce, degrees(edges), edges.get("edge_weight"))


def _kept_matrices(
    edge_index: Tensor,
    num_sources: int,
    num_targets: int,
    reduce: Reduce,
    degrees: Degrees | None,
    edge_weight: Tensor | None,
) -> Matrices:
    # Tensors are told apart as keys by what they are, not by what they hold, and a key keeps them alive.
    given = (*(degrees or ()), *(() if edge_weight is None else (edge_weight,)))
    key = (num_sources, num_targets, reduce, tuple((each, version_of(each)) for each in given))
    return _matrices.get(
        edge_index, key, lambda: _matrices_of(edge_index, num_sources, num_targets, reduce, degrees, edge_weight)
    )


def _matrices_of(
    edge_index: Tensor,
    num_sources: int,
    num_targets: int,
    reduce: Reduce,
    degrees: Degrees | None,
    edge_weight: Tensor | None,
) -> Matrices:
    sources, targets = edge_index
    factors = _factors(edge_index, num_targets, reduce, degrees, edge_weight)
    # A sampled subgraph serves one step, and its sampler has laid out its edges by target: sorting would cost more
    # than the products. The whole graph is sorted through, so that the order of its edges changes no digit.
    structure_of = Structure.of if degrees is None else Structure.by_row
    structure = structure_of(targets, sources, (num_targets, num_sources))
    return Matrices(structure, factors[structure.order])


class _SparseProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, source: Tensor, matrices: Matrices) -> Tensor:
        ctx.matrices = matrices
        return product(matrices.matrix, source)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return product(ctx.matrices.transposed, gradient.contiguous()), None
