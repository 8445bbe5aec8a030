"""Hetero GraphSAGE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import PositiveInt

from gnnrec import Encoder

if TYPE_CHECKING:
    from torch import nn
    from torch_geometric.data import HeteroData


class HeteroSAGE(Encoder):
    """Hetero GraphSAGE: one mean-aggregating convolution per relation and layer (Hamilton et al. 2017).

    Layer 0 is the sum of a linear map of the features and an embedding of the id. ReLU stands between layers.
    """

    name: Literal["hetero_sage"] = "hetero_sage"

    channels: PositiveInt = 64
    """Size of every embedding (D)."""

    layers: PositiveInt = 2
    """How many convolutions, and so how many hops an embedding sees."""

    features: bool = True
    """Use the features of node types that have some."""

    id_embeddings: bool = True
    """Learn an embedding for each user and item."""

    def build(self, graph: HeteroData) -> nn.Module:
        """Sizes are taken from `graph`.

        Raises:
            UsageError: A node type would have neither features nor id embeddings.
        """
        from gnnrec import UsageError
        from gnnrec_encoders.hetero_sage_module import HeteroSAGEModule

        num_features = {
            kind: graph[kind].x.size(1) for kind in graph.node_types if self.features and "x" in graph[kind]
        }
        num_nodes = {kind: graph[kind].num_nodes for kind in graph.node_types}
        bare = [kind for kind in num_nodes if kind not in num_features]
        if bare and not self.id_embeddings:
            raise UsageError(
                f"hetero_sage: {' and '.join(bare)} nodes have neither features nor id embeddings; "
                "give them features, or set encoder.id_embeddings: true"
            )
        return HeteroSAGEModule(
            num_features=num_features,
            num_embeddings=num_nodes if self.id_embeddings else {},
            edge_types=graph.edge_types,
            channels=self.channels,
            layers=self.layers,
        )
