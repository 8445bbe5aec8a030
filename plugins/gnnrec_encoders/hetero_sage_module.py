"""Hetero GraphSAGE as a module, usable without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from gnnrec.graph.propagation import propagate_over
from gnnrec_encoders.node_embeddings import NodeEmbeddings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch_geometric.data import HeteroData
    from torch_geometric.data.storage import EdgeStorage

    EdgeType = tuple[str, str, str]


class MeanConvolution(nn.Module):
    """GraphSAGE's mean convolution without the node's own part: W · mean of the neighbours, by the weights of edges.

    A linear map and a mean commute, so the map runs on whichever side has fewer nodes.

    Shapes: source [S, D], edges (bearing an `edge_index` [2, E], row 0 sources, row 1 targets) → [T, D].
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(channels, channels, bias=False)

    def forward(self, source: Tensor, edges: EdgeStorage, num_targets: int) -> Tensor:
        """Aggregate over the edges of one relation."""
        if source.size(0) <= num_targets:
            return propagate_over(self.linear(source), edges, num_targets)
        mapped: Tensor = self.linear(propagate_over(source, edges, num_targets))
        return mapped


class _Layer(nn.Module):
    """One convolution per relation, and each node's own part, for the node types that the next layer needs."""

    def __init__(self, targets: Iterable[str], relations: Iterable[EdgeType], channels: int) -> None:
        super().__init__()
        self.relations = tuple(relations)
        self.own = nn.ModuleDict({kind: nn.Linear(channels, channels) for kind in targets})
        self.convolutions = nn.ModuleDict({_key(relation): MeanConvolution(channels) for relation in self.relations})

    def forward(self, graph: HeteroData, hidden: Mapping[str, Tensor]) -> dict[str, Tensor]:
        updated: dict[str, Tensor] = {kind: own(hidden[kind]) for kind, own in self.own.items()}
        for relation in self.relations:
            source, _, target = relation
            convolution = self.convolutions[_key(relation)]
            # In place, here and in the ReLU: a fresh [N, D] per step costs more than the arithmetic.
            updated[target].add_(convolution(hidden[source], graph[relation], hidden[target].size(0)))
        return updated


class HeteroSAGEModule(nn.Module):
    """Hamilton et al. 2017, Algorithm 1 with the mean aggregator, one convolution per relation, summed per type.

    For a node v of type t: h_v ← U_t · h_v + b_t + sum over relations r that end in t of W_r · mean over r-neighbours
    of h, each neighbour by the weight of its edge. No normalisation to unit length (line 7 of the algorithm). A type
    that no relation ends in keeps its own part alone. A layer computes what users and items hang on, and no more.

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
        edge_types = tuple(edge_types)
        needed = needed_types(edge_types, layers)
        num_features, num_embeddings = (
            {kind: size for kind, size in of_all.items() if kind in needed[0]}
            for of_all in (num_features, num_embeddings)
        )
        self.initial = NodeEmbeddings(num_features, num_embeddings, channels, init_std)
        self.layers = nn.ModuleList(
            _Layer(sorted(targets), (each for each in edge_types if each[2] in targets), channels)
            for targets in needed[1:]
        )

    @property
    def num_layers(self) -> int:
        """How many convolutions."""
        return len(self.layers)

    def forward(self, graph: HeteroData) -> tuple[Tensor, Tensor]:
        """Embed every node of `graph`: user [U, D], item [I, D]."""
        tables = self.initial_embeddings(graph)
        for layer in range(self.num_layers):
            tables = self.propagate_layer(graph, layer, tables)
        return tables["user"], tables["item"]

    def initial_embeddings(self, graph: HeteroData) -> dict[str, Tensor]:
        """Layer 0 of each node type that users and items hang on: [N, D]."""
        return {kind: self.initial(graph, kind) for kind in self.initial.kinds}

    def propagate_layer(self, graph: HeteroData, layer: int, tables: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """One convolution (from 0), with a ReLU unless it is the last."""
        updated: dict[str, Tensor] = self.layers[layer](graph, tables)
        return updated if layer + 1 == self.num_layers else {kind: each.relu_() for kind, each in updated.items()}


def needed_types(edge_types: Iterable[EdgeType], layers: int) -> list[set[str]]:
    """The node types that each layer has to give, from layer 0 to the last, which gives users and items.

    >>> needed_types([("item", "has_genre", "genre"), ("genre", "rev_has_genre", "item")], 1)[0] == {
    ...     "user", "item", "genre"}
    True
    """
    edge_types, needed = tuple(edge_types), [{"user", "item"}]
    for _ in range(layers):
        needed.append(needed[-1] | {source for source, _, target in edge_types if target in needed[-1]})
    return needed[::-1]


def _key(relation: EdgeType) -> str:
    return "__".join(relation)
