"""Hetero GraphSAGE as a module, usable without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from gnnrec.graph.propagation import degrees, propagate
from gnnrec_encoders.node_embeddings import NodeEmbeddings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch_geometric.data import HeteroData
    from torch_geometric.data.storage import EdgeStorage

    EdgeType = tuple[str, str, str]


class MeanConvolution(nn.Module):
    """GraphSAGE's mean convolution without the node's own part: W · mean of the neighbours.

    A linear map and a mean commute, so the map runs on whichever side has fewer nodes.

    Shapes: source [S, D], edges (bearing an `edge_index` [2, E], row 0 sources, row 1 targets) → [T, D].
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(channels, channels, bias=False)

    def forward(self, source: Tensor, edges: EdgeStorage, num_targets: int) -> Tensor:
        """Aggregate over the edges of one relation."""
        if source.size(0) <= num_targets:
            return propagate(self.linear(source), edges.edge_index, num_targets, degrees=degrees(edges))
        mapped: Tensor = self.linear(propagate(source, edges.edge_index, num_targets, degrees=degrees(edges)))
        return mapped


class _Layer(nn.Module):
    """One convolution per relation, and each node's own part."""

    def __init__(self, types: Iterable[str], relations: Iterable[EdgeType], channels: int) -> None:
        super().__init__()
        self.own = nn.ModuleDict({kind: nn.Linear(channels, channels) for kind in types})
        self.convolutions = nn.ModuleDict({_key(relation): MeanConvolution(channels) for relation in relations})

    def forward(self, hidden: Mapping[str, Tensor], edges: Mapping[EdgeType, EdgeStorage]) -> dict[str, Tensor]:
        updated: dict[str, Tensor] = {kind: self.own[kind](value) for kind, value in hidden.items()}
        for (source, name, target), store in edges.items():
            convolution = self.convolutions[_key((source, name, target))]
            # In place, here and in the ReLU: a fresh [N, D] per step costs more than the arithmetic.
            updated[target].add_(convolution(hidden[source], store, hidden[target].size(0)))
        return updated


class HeteroSAGEModule(nn.Module):
    """Hamilton et al. 2017, Algorithm 1 with the mean aggregator, one convolution per relation, summed per type.

    For a node v of type t: h_v ← U_t · h_v + b_t + sum over relations r that end in t of W_r · mean over r-neighbours
    of h. No normalisation to unit length (line 7 of the algorithm). A type that no relation ends in keeps its own
    part alone.

    Args:
        num_features: See `NodeEmbeddings`.
        num_embeddings: See `NodeEmbeddings`.
        edge_types: The relations, as (source type, name, target type).
        channels: D.
        layers: How many convolutions.
        init_std: See `NodeEmbeddings`.
    """

    def __init__(
        self,
        num_features: Mapping[str, int],
        num_embeddings: Mapping[str, int],
        edge_types: Iterable[EdgeType],
        channels: int,
        layers: int,
        init_std: float = 1.0,
    ) -> None:
        super().__init__()
        self.relations = tuple(edge_types)
        types = sorted({*num_features, *num_embeddings})
        self.initial = NodeEmbeddings(num_features, num_embeddings, channels, init_std)
        self.layers = nn.ModuleList(_Layer(types, self.relations, channels) for _ in range(layers))

    @property
    def num_layers(self) -> int:
        """How many convolutions."""
        return len(self.layers)

    def forward(self, graph: HeteroData) -> tuple[Tensor, Tensor]:
        """Embed every node of `graph`: user [U, D], item [I, D]."""
        user, item = self.initial_embeddings(graph)
        for layer in range(self.num_layers):
            user, item = self.propagate_layer(graph, layer, user, item)
        return user, item

    def initial_embeddings(self, graph: HeteroData) -> tuple[Tensor, Tensor]:
        """Layer 0: user [U, D], item [I, D]."""
        return self.initial(graph, "user"), self.initial(graph, "item")

    def propagate_layer(self, graph: HeteroData, layer: int, user: Tensor, item: Tensor) -> tuple[Tensor, Tensor]:
        """One convolution (from 0), with a ReLU unless it is the last: user [U, D], item [I, D]."""
        updated = self.layers[layer](
            {"user": user, "item": item}, {relation: graph[relation] for relation in self.relations}
        )
        if layer + 1 < self.num_layers:
            updated = {kind: value.relu_() for kind, value in updated.items()}
        return updated["user"], updated["item"]


def _key(relation: EdgeType) -> str:
    return "__".join(relation)
