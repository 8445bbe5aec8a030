"""Matrix factorisation: the control without a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import PositiveFloat, PositiveInt

from gnnrec import Encoder, Tuned
from gnnrec_encoders.embedding_memory import MEMORY_FOR, embedding_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn
    from torch_geometric.data import HeteroData

    from gnnrec.data.edges import EdgeType
    from gnnrec.data.size import Size


class MF(Encoder):
    """Matrix factorisation: embeddings without propagation, the control for every graph encoder (Koren et al. 2009).

    With `features: true` and `item_ids: false` an item is its features alone.
    """

    memory_for: ClassVar[str] = MEMORY_FOR

    name: Literal["mf"] = "mf"

    channels: Annotated[PositiveInt, Tuned(16, 256, log=True)] = 64
    """Size of every embedding (D)."""

    features: bool = False
    """Add a linear map of a node's features."""

    item_ids: bool = True
    """Learn an embedding for each item; each user has one in any case."""

    init_std: Annotated[PositiveFloat, Tuned(0.01, 1.0, log=True)] = 0.1
    """Standard deviation of the initial embeddings."""

    @property
    def hops(self) -> int:
        """None is looked at: an embedding depends on its own node alone."""
        return 0

    def memory(self, size: Size) -> int:
        """Tables of ids; nothing is propagated."""
        return embedding_memory(size, self.channels, 0)

    def unread(self, edge_types: Sequence[EdgeType]) -> tuple[EdgeType, ...]:
        """All but interactions."""
        from gnnrec_encoders.interactions import beside_interactions

        return beside_interactions(edge_types)

    def build(self, graph: HeteroData) -> nn.Module:
        """Sizes are taken from `graph`; its edges are not looked at.

        Raises:
            UsageError: Items would have neither features nor embeddings.
        """
        from gnnrec_encoders.mf_module import MFModule
        from gnnrec_encoders.node_embeddings import sizes

        kinds = tuple(graph.node_types) if self.features else ()
        ids = ("user", "item") if self.item_ids else ("user",)
        num_features, num_embeddings = sizes(graph, features=kinds, ids=ids, encoder=self.name)
        return MFModule(num_features, num_embeddings, self.channels, self.init_std)
