"""Hetero GATv2 as a module, usable without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch_geometric.nn.conv.gatv2_conv import GATv2Conv

from gnnrec_encoders.hetero_module import HeteroModule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from torch_geometric.data.storage import EdgeStorage

    from gnnrec_encoders.hetero_module import EdgeType


class GATConvolution(nn.Module):
    """torch_geometric's `GATv2Conv` from one node type to another, without bias and without the node's own part.

    Shapes: source [S, D], target [T, D], edges (bearing an `edge_index` [2, E], row 0 sources, row 1 targets) → [T, D].

    Args:
        channels: D.
        heads: H; each attends by itself, and gives D / H numbers.
        weighed: The edges have weights, which attention is told of as features of theirs.
    """

    def __init__(self, channels: int, heads: int, *, weighed: bool) -> None:
        super().__init__()
        edge_dim = 1 if weighed else None
        self.attention = GATv2Conv(
            (channels, channels), channels // heads, heads, add_self_loops=False, bias=False, edge_dim=edge_dim
        )

    def forward(self, source: Tensor, target: Tensor, edges: EdgeStorage) -> Tensor:
        """Attend over the edges of one relation; in float32 whatever the surrounding precision."""
        with torch.autocast(source.device.type, enabled=False):
            weight = edges.edge_weight if self.attention.edge_dim else None
            heard: Tensor = self.attention((source.float(), target.float()), edges.edge_index, weight)
            return heard


class HeteroGATModule(HeteroModule):
    """Brody et al. 2022, GATv2 (equation 7), one convolution per relation, summed per type.

    For a node v of type t: h_v ← U_t · h_v + b_t + sum over relations r that end in t of Σ α_vw W_r h_w over
    r-neighbours w, with α_vw the softmax over w of aᵀ LeakyReLU(W_r h_w + W'_r h_v), in each head. A node does not
    attend to itself: U_t is its own part.

    Args:
        num_features: See `NodeEmbeddings`.
        num_embeddings: See `NodeEmbeddings`.
        edge_types: The relations, as (source type, name, target type).
        channels: D.
        layers: How many convolutions.
        heads: H, a divisor of D.
        weighed: The relations whose edges have weights.
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
        weighed: Collection[EdgeType] = (),
        init_std: float = 1.0,
    ) -> None:
        def convolution(relation: EdgeType) -> nn.Module:
            return GATConvolution(channels, heads, weighed=relation in weighed)

        super().__init__(num_features, num_embeddings, edge_types, channels, layers, convolution, init_std)
