"""Hetero GraphSAGE as a module, usable without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from torch import Tensor, nn

from gnnrec.graph.propagation import propagate_over
from gnnrec_encoders.hetero_module import HeteroModule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch_geometric.data.storage import EdgeStorage

    from gnnrec_encoders.hetero_module import EdgeType

Aggregation = Literal["mean", "max", "sum"]


class SAGEConvolution(nn.Module):
    """GraphSAGE's convolution without the node's own part: W · mean, maximum or sum of the neighbours.

    Each neighbour counts by the weight of its edge. A linear map commutes with a mean and a sum, so there the map runs
    on whichever side has fewer nodes.

    Shapes: source [S, D], target [T, D], edges (bearing an `edge_index` [2, E], row 0 sources, row 1 targets) → [T, D].
    """

    def __init__(self, channels: int, aggregation: Aggregation = "mean") -> None:
        super().__init__()
        self.linear = nn.Linear(channels, channels, bias=False)
        self.aggregation = aggregation

    def forward(self, source: Tensor, target: Tensor, edges: EdgeStorage) -> Tensor:
        """Aggregate over the edges of one relation."""
        num_targets = target.size(0)
        if self.aggregation != "max" and source.size(0) <= num_targets:
            return propagate_over(self.linear(source), edges, num_targets, self.aggregation)
        mapped: Tensor = self.linear(self._aggregated(source, edges, num_targets))
        return mapped

    def _aggregated(self, source: Tensor, edges: EdgeStorage, num_targets: int) -> Tensor:
        if self.aggregation == "max":
            return neighbour_maximum(source, edges, num_targets)
        return propagate_over(source, edges, num_targets, self.aggregation)


class HeteroSAGEModule(HeteroModule):
    """Hamilton et al. 2017, Algorithm 1, one convolution per relation, summed per type.

    For a node v of type t: h_v ← U_t · h_v + b_t + sum over relations r that end in t of W_r · mean (or maximum, or
    sum) over r-neighbours of h, each neighbour by the weight of its edge. No normalisation to unit length (line 7 of
    the algorithm), and no map of the neighbours before a maximum (the paper's pooling aggregator has one).

    Args:
        num_features: See `NodeEmbeddings`.
        num_embeddings: See `NodeEmbeddings`.
        edge_types: The relations, as (source type, name, target type).
        channels: D.
        layers: How many convolutions.
        init_std: See `NodeEmbeddings`.
        aggregation: What is made of a node's neighbours.
    """

    def __init__(
        self,
        num_features: Mapping[str, int],
        num_embeddings: Mapping[str, int],
        edge_types: Iterable[EdgeType],
        channels: int,
        layers: int,
        init_std: float = 1.0,
        aggregation: Aggregation = "mean",
    ) -> None:
        def convolution(relation: EdgeType) -> nn.Module:  # noqa: ARG001 - all relations have the same
            return SAGEConvolution(channels, aggregation)

        super().__init__(num_features, num_embeddings, edge_types, channels, layers, convolution, init_std)


def neighbour_maximum(source: Tensor, edges: EdgeStorage, num_targets: int) -> Tensor:
    """The largest number among a node's neighbours, in each channel, each times the weight of its edge.

    Shapes: source [S, D], edges of E → [T, D]; zeros for a target without edges.
    """
    sources, targets = edges.edge_index
    messages = source[sources]  # [E, D]
    if "edge_weight" in edges:
        messages = messages * edges.edge_weight[:, None]
    places = targets[:, None].expand_as(messages)
    return messages.new_zeros(num_targets, source.size(1)).scatter_reduce(
        0, places, messages, "amax", include_self=False
    )
