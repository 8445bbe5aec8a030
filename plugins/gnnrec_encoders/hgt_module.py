"""HGT as a module, usable without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch_geometric.nn.conv.hgt_conv import HGTConv
from typing_extensions import override

from gnnrec_encoders.hetero_module import LayeredModule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch_geometric.data import HeteroData

    from gnnrec_encoders.hetero_module import EdgeType


class HGTModule(LayeredModule):
    """Hu et al. 2020, equations 2 to 5: torch_geometric's `HGTConv`, layer by layer; without times of edges.

    Keys, queries and values are mapped by node type, attention and messages by relation, and a node's softmax goes over
    all relations that end in its type. A type that no relation ends in stays as it is.

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
        def layer(targets: list[str], relations: list[EdgeType]) -> nn.Module:  # noqa: ARG001 - relations tell them
            return _convolution(relations, channels, heads)

        super().__init__(num_features, num_embeddings, edge_types, channels, layers, layer, init_std)

    @override
    def propagate_layer(self, graph: HeteroData, layer: int, tables: Mapping[str, Tensor]) -> dict[str, Tensor]:
        convolution: Any = self.layers[layer]
        # In the convolution's own order, by which it finds the maps of a relation.
        edges = {relation: graph[relation].edge_index for relation in convolution.edge_types}
        # In float32 whatever the surrounding precision.
        with torch.autocast(next(iter(tables.values())).device.type, enabled=False):
            heard = convolution({kind: tables[kind].float() for kind in convolution.node_types}, edges)
        return {kind: heard.get(kind, tables[kind]) for kind in self.needed[layer]}


def _convolution(relations: list[EdgeType], channels: int, heads: int) -> nn.Module:
    """A layer over some relations, without the maps that it would make for node types that none of them ends in."""
    kinds = sorted({end for source, _, target in relations for end in (source, target)})
    convolution = HGTConv(channels, channels, (kinds, relations), heads)
    for kind in {*kinds} - {target for _, _, target in relations}:
        del convolution.out_lin.lins[kind], convolution.skip[kind]
    made: nn.Module = convolution
    return made
