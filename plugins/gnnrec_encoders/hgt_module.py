"""HGT as a module, usable without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch_geometric.nn.conv.hgt_conv import HGTConv

from gnnrec_encoders.hetero_module import needed_types
from gnnrec_encoders.node_embeddings import NodeEmbeddings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch_geometric.data import HeteroData

    from gnnrec_encoders.hetero_module import EdgeType


class HGTModule(nn.Module):
    """Hu et al. 2020, equations 2 to 5: torch_geometric's `HGTConv`, layer by layer; without times of edges.

    Keys, queries and values are mapped by node type, attention and messages by relation, and a node's softmax goes over
    all relations that end in its type. A type that no relation ends in stays as it is. A layer computes what users and
    items hang on, and no more.

    Args:
        num_features: See `NodeEmbeddings`.
        num_embeddings: See `NodeEmbeddings`.
        edge_types: The relations, as (source type, name, target type).
        channels: D.
        layers: How many convolutions.
        heads: H, a divisor of D.
        init_std: See `NodeEmbeddings`.
    """

    def __init__(
        self,
        num_features: Mapping[str, int],
        num_embeddings: Mapping[str, int],
        edge_types: Iterable[EdgeType],
        channels: int,
        layers: int,
        heads: int = 1,
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
            _convolution([each for each in edge_types if each[2] in targets], channels, heads) for targets in needed[1:]
        )
        self.needed = [sorted(kinds) for kinds in needed[1:]]

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
        """One convolution (from 0), in float32 whatever the surrounding precision."""
        convolution: Any = self.layers[layer]
        # In the convolution's own order, by which it finds the maps of a relation.
        edges = {relation: graph[relation].edge_index for relation in convolution.edge_types}
        with torch.autocast(next(iter(tables.values())).device.type, enabled=False):
            heard = convolution({kind: tables[kind].float() for kind in convolution.node_types}, edges)
        return {kind: heard.get(kind, tables[kind]) for kind in self.needed[layer]}


def _convolution(relations: list[EdgeType], channels: int, heads: int) -> HGTConv:
    """A layer over some relations, without the maps that it would make for node types that none of them ends in."""
    kinds = sorted({end for source, _, target in relations for end in (source, target)})
    convolution = HGTConv(channels, channels, (kinds, relations), heads)
    for kind in {*kinds} - {target for _, _, target in relations}:
        del convolution.out_lin.lins[kind], convolution.skip[kind]
    return convolution
