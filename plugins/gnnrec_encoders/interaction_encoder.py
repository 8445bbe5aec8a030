"""What encoders have in common that propagate interactions both ways and read nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import PositiveFloat, PositiveInt

from gnnrec import Encoder, Tuned
from gnnrec_encoders.embedding_memory import MEMORY_FOR
from gnnrec_encoders.interactions import WEIGHED_IN_THE_GRAPH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch_geometric.data import HeteroData

    from gnnrec.data.edges import EdgeType
    from gnnrec_encoders.lightgcn_module import LightGCNModule


class InteractionEncoder(Encoder):
    """Tables of users and items, propagated over interactions and their reverse edges."""

    instead: ClassVar[Mapping[str, str]] = WEIGHED_IN_THE_GRAPH
    memory_for: ClassVar[str] = MEMORY_FOR

    channels: Annotated[PositiveInt, Tuned(16, 256, log=True)] = 64
    """Size of every embedding (D)."""

    layers: Annotated[PositiveInt, Tuned(1, 4)] = 2
    """How many times embeddings are propagated, and so how many hops one sees."""

    init_std: Annotated[PositiveFloat, Tuned(0.01, 1.0, log=True)] = 0.1
    """Standard deviation of the initial embeddings."""

    def unread(self, edge_types: Sequence[EdgeType]) -> tuple[EdgeType, ...]:
        """All but interactions."""
        from gnnrec_encoders.interactions import beside_interactions

        return beside_interactions(edge_types)

    def _sizes(self, graph: HeteroData, *, features: bool = False) -> tuple[dict[str, int], dict[str, int]]:
        """`num_features` and `num_embeddings` of a graph that can be propagated over.

        Raises:
            UsageError: The graph lacks reverse edges.
        """
        from gnnrec import UsageError
        from gnnrec_encoders.interactions import ITEM_TO_USER
        from gnnrec_encoders.node_embeddings import sizes

        if ITEM_TO_USER not in graph.edge_types:
            raise UsageError(f"{self.name} propagates both ways; set graph.reverse: true")
        return sizes(graph, features=graph.node_types if features else (), ids=graph.node_types, encoder=self.name)

    def _lightgcn(self, graph: HeteroData) -> LightGCNModule:
        """LightGCN over embeddings of ids."""
        from gnnrec_encoders.lightgcn_module import LightGCNModule

        return LightGCNModule(*self._sizes(graph), self.channels, self.layers, self.init_std)
