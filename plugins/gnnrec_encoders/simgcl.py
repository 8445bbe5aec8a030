"""SimGCL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from gnnrec import Encoder
from gnnrec_encoders.embedding_memory import MEMORY_FOR, embedding_memory
from gnnrec_encoders.interactions import WEIGHED_IN_THE_GRAPH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn
    from torch_geometric.data import HeteroData

    from gnnrec.data.edges import EdgeType
    from gnnrec.data.size import Size


class SimGCL(Encoder):
    """LightGCN that also learns to tell nodes apart in two noisy views of their embeddings (Yu et al. 2022).

    The contrastive loss over a batch's users and items is added to the recipe's loss. Weights of interactions are
    heeded; relations, behaviours and further node types are not read.
    """

    instead: ClassVar[Mapping[str, str]] = WEIGHED_IN_THE_GRAPH
    memory_for: ClassVar[str] = MEMORY_FOR

    name: Literal["simgcl"] = "simgcl"

    channels: PositiveInt = 64
    """Size of every embedding (D)."""

    layers: PositiveInt = 2
    """How many times embeddings are propagated, and so how many hops one sees."""

    eps: PositiveFloat = 0.1
    """Length of the noise that is added to an embedding at every layer (the paper's ε)."""

    temperature: PositiveFloat = 0.2
    """Of the contrastive loss (τ): the smaller, the more it is about the most similar nodes."""

    contrast: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.5
    """Weight of the contrastive loss (λ)."""

    init_std: PositiveFloat = 0.1
    """Standard deviation of the initial embeddings."""

    def memory(self, size: Size) -> int:
        """Tables of ids, propagated three times: as they are, and in two noisy views."""
        return embedding_memory(size, self.channels, 3 * self.layers)

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
        from gnnrec_encoders.simgcl_module import SimGCLModule

        if ITEM_TO_USER not in graph.edge_types:
            raise UsageError("simgcl propagates both ways; set graph.reverse: true")
        features, ids = sizes(graph, features=(), ids=graph.node_types, encoder=self.name)
        lightgcn = LightGCNModule(features, ids, self.channels, self.layers, self.init_std)
        return SimGCLModule(lightgcn, self.eps, self.temperature, self.contrast)
