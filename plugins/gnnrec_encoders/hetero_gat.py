"""Hetero GATv2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec_encoders.attention import AttentionEncoder

if TYPE_CHECKING:
    from torch import nn
    from torch_geometric.data import HeteroData


class HeteroGAT(AttentionEncoder):
    """Hetero GATv2: attention over each relation's edges, in each layer (Brody et al. 2022).

    It takes any graph: every node and edge type; weights of edges are features that attention looks at. Layer 0 is the
    sum of a linear map of the features and an embedding of the id. ReLU stands between layers.
    """

    name: Literal["hetero_gat"] = "hetero_gat"

    def build(self, graph: HeteroData) -> nn.Module:
        """Sizes are taken from `graph`.

        Raises:
            UsageError: A node type would have neither features nor id embeddings, or one that is named is not there.
        """
        from gnnrec_encoders.hetero_gat_module import HeteroGATModule

        read = self._read(graph.edge_types)
        weighed = {relation for relation in read if "edge_weight" in graph[relation]}
        sizes = self._sizes(graph)
        return HeteroGATModule(*sizes, read, self.channels, self.layers, self.heads, weighed, self.init_std)
