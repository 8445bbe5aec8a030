"""A convolution per relation and layer over a graph of any types, as a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn
from typing_extensions import override

from gnnrec_encoders.node_embeddings import NodeEmbeddings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from torch_geometric.data import HeteroData

    EdgeType = tuple[str, str, str]


class _Layer(nn.Module):
    """One convolution per relation, and each node's own part, for the node types that the next layer needs."""

    def __init__(
        self,
        targets: Iterable[str],
        relations: Iterable[EdgeType],
        channels: int,
        convolution: Callable[[EdgeType], nn.Module],
    ) -> None:
        super().__init__()
        self.relations = tuple(relations)
        self.own = nn.ModuleDict({kind: nn.Linear(channels, channels) for kind in targets})
        self.convolutions = nn.ModuleDict({_key(relation): convolution(relation) for relation in self.relations})

    def forward(self, graph: HeteroData, hidden: Mapping[str, Tensor]) -> dict[str, Tensor]:
        updated: dict[str, Tensor] = {kind: own(hidden[kind]) for kind, own in self.own.items()}
        for relation in self.relations:
            source, _, target = relation
            convolution = self.convolutions[_key(relation)]
            # In place, here and in the ReLU: a fresh [N, D] per step costs more than the arithmetic.
            updated[target].add_(convolution(hidden[source], hidden[target], graph[relation]))
        return updated


class LayeredModule(nn.Module):
    """Layers over a graph of any types; each computes what users and items hang on, and no more.

    Args:
        num_features: See `NodeEmbeddings`.
        num_embeddings: See `NodeEmbeddings`.
        edge_types: The relations, as (source type, name, target type).
        channels: D.
        layers: How many.
        layer: Makes one, of the node types that it gives and the relations that end in these.
        init_std: See `NodeEmbeddings`.

    Attributes:
        needed: The node types that each layer gives.
    """

    def __init__(
        self,
        num_features: Mapping[str, int],
        num_embeddings: Mapping[str, int],
        edge_types: Iterable[EdgeType],
        channels: int,
        layers: int,
        layer: Callable[[list[str], list[EdgeType]], nn.Module],
        init_std: float,
    ) -> None:
        super().__init__()
        edge_types = tuple(edge_types)
        first, *others = needed_types(edge_types, layers)
        num_features, num_embeddings = (
            {kind: size for kind, size in of_all.items() if kind in first} for of_all in (num_features, num_embeddings)
        )
        self.initial = NodeEmbeddings(num_features, num_embeddings, channels, init_std)
        self.needed = [sorted(kinds) for kinds in others]
        self.layers = nn.ModuleList(
            layer(kinds, [each for each in edge_types if each[2] in kinds]) for kinds in self.needed
        )

    @property
    def num_layers(self) -> int:
        """How many layers."""
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
        """One layer (from 0): the tables of those node types that the next hangs on."""
        raise NotImplementedError


class HeteroModule(LayeredModule):
    """One convolution per relation, summed per node type, with ReLU between layers.

    For a node v of type t: h_v ← U_t · h_v + b_t + sum over relations r that end in t of the convolution of r at v. A
    type that no relation ends in keeps its own part alone.

    Args:
        num_features: See `LayeredModule`.
        num_embeddings: See `LayeredModule`.
        edge_types: See `LayeredModule`.
        channels: D.
        layers: How many.
        convolution: Makes that of a relation: source [S, D], target [T, D] and the edges (bearing an `edge_index`
            [2, E], row 0 sources, row 1 targets) → [T, D].
        init_std: See `NodeEmbeddings`.
    """

    def __init__(
        self,
        num_features: Mapping[str, int],
        num_embeddings: Mapping[str, int],
        edge_types: Iterable[EdgeType],
        channels: int,
        layers: int,
        convolution: Callable[[EdgeType], nn.Module],
        init_std: float,
    ) -> None:
        def layer(targets: list[str], relations: list[EdgeType]) -> nn.Module:
            return _Layer(targets, relations, channels, convolution)

        super().__init__(num_features, num_embeddings, edge_types, channels, layers, layer, init_std)

    @override
    def propagate_layer(self, graph: HeteroData, layer: int, tables: Mapping[str, Tensor]) -> dict[str, Tensor]:
        updated: dict[str, Tensor] = self.layers[layer](graph, tables)  # with a ReLU unless it is the last
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
