"""LightGCN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import PositiveFloat, PositiveInt

from gnnrec import Encoder
from gnnrec_encoders.embedding_memory import MEMORY_FOR, embedding_memory
from gnnrec_encoders.interactions import WEIGHED_IN_THE_GRAPH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn
    from torch_geometric.data import HeteroData

    from gnnrec.data.edges import EdgeType
    from gnnrec.data.size import Size


class LightGCN(Encoder):
    """LightGCN: propagation and nothing else, averaged over layers (He et al. 2020).

    Weights of interactions are heeded; relations, behaviours and further node types are not read.
    """

    instead: ClassVar[Mapping[str, str]] = WEIGHED_IN_THE_GRAPH
    memory_for: ClassVar[str] = MEMORY_FOR

    name: Literal["lightgcn"] = "lightgcn"

    channels: PositiveInt = 64
    """Size of every embedding (D)."""

    layers: PositiveInt = 2
    """How many times embeddings are propagated, and so how many hops one sees."""

    features: bool = False
    """Add a linear map of a node's features to the embedding of its id."""

    init_std: PositiveFloat = 0.1
    """Standard deviation of the initial embeddings."""

    def memory(self, size: Size) -> int:
        """Tables of ids, propagated."""
        return embedding_memory(size, self.channels, self.layers)

    def unread(self, edge_types: Sequence[EdgeType]) -> tuple[EdgeType, ...]:
        """All but interactions."""
        from gnnrec_encoders.interactions import beside_interactions

        return beside_interactions(edge_types)

    def build(self, graph: HeteroData) -> nn.Module:
        """Sizes are taken from `graph`.

        Raises:
            UsageError: The graph lacks reverse edges.
        """
        from gnnrec import UsageError
        from gnnrec_encoders.interactions import ITEM_TO_USER
        from gnnrec_encoders.lightgcn_module import LightGCNModule
        from gnnrec_encoders.node_embeddings import sizes

        if ITEM_TO_USER not in graph.edge_types:
            raise UsageError("lightgcn propagates both ways; set graph.reverse: true")
        kinds = graph.node_types
        features, ids = sizes(graph, features=kinds if self.features else (), ids=kinds, encoder=self.name)
        return LightGCNModule(features, ids, self.channels, self.layers, self.init_std)
