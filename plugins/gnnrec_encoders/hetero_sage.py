"""Hetero GraphSAGE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import PositiveFloat, PositiveInt

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

    init_std: PositiveFloat = 1.0
    """Standard deviation of the initial embeddings of ids."""

    def build(self, graph: HeteroData) -> nn.Module:
        """Sizes are taken from `graph`.

        Raises:
            UsageError: A node type would have neither features nor id embeddings.
        """
        from gnnrec_encoders.hetero_sage_module import HeteroSAGEModule
        from gnnrec_encoders.node_embeddings import sizes

        kinds = tuple(graph.node_types)
        num_features, num_embeddings = sizes(
            graph,
            features=kinds if self.features else (),
            ids=kinds if self.id_embeddings else (),
            encoder=self.name,
        )
        return HeteroSAGEModule(
            num_features, num_embeddings, graph.edge_types, self.channels, self.layers, self.init_std
        )
