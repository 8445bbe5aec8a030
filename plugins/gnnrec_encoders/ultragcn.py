"""UltraGCN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from gnnrec import Encoder, Tuned
from gnnrec_encoders.embedding_memory import MEMORY_FOR, embedding_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn
    from torch_geometric.data import HeteroData

    from gnnrec.data.edges import EdgeType
    from gnnrec.data.size import Size

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]

NEIGHBOUR = 12
"""Bytes of a near item: which, and how much it counts."""


class UltraGCN(Encoder):
    """UltraGCN: embeddings without propagation, and a loss that stands for infinitely many layers (Mao et al. 2021).

    To the recipe's loss, which is `bce` in the paper, two are added: users and items by their degrees, and users and
    items that are like theirs. Both go by inner products, so `decoder: dot` goes with them. Weights of interactions,
    relations, behaviours and further node types are not read.
    """

    memory_for: ClassVar[str] = MEMORY_FOR

    name: Literal["ultragcn"] = "ultragcn"

    channels: Annotated[PositiveInt, Tuned(16, 256, log=True)] = 64
    """Size of every embedding (D)."""

    constraint: Annotated[Weight, Tuned(0.1, 10.0, log=True)] = 1.0
    """Weight of the loss over users and items by their degrees (λ)."""

    negatives: PositiveInt = 1000
    """Items that are drawn as negatives for this loss in each step."""

    negative_weight: Annotated[Weight, Tuned(10.0, 500.0, log=True)] = 100.0
    """Weight of their mean, against the positives' 1."""

    item_constraint: Annotated[Weight, Tuned(0.1, 10.0, log=True)] = 1.0
    """Weight of the loss over users and items that are like theirs (γ)."""

    neighbours: PositiveInt = 10
    """How many such items there are of each (K)."""

    init_std: Annotated[PositiveFloat, Tuned(0.001, 1.0, log=True)] = 0.1
    """Standard deviation of the initial embeddings."""

    @property
    def hops(self) -> int:
        """None is looked at: an embedding depends on its own node alone."""
        return 0

    def memory(self, size: Size) -> int:
        """Tables of ids, and the items that are like each."""
        return embedding_memory(size, self.channels, 0) + NEIGHBOUR * size.items * self.neighbours

    def unread(self, edge_types: Sequence[EdgeType]) -> tuple[EdgeType, ...]:
        """All but interactions."""
        from gnnrec_encoders.interactions import beside_interactions

        return beside_interactions(edge_types)

    def build(self, graph: HeteroData) -> nn.Module:
        """Sizes are taken from `graph`."""
        from gnnrec_encoders.node_embeddings import sizes
        from gnnrec_encoders.ultragcn_module import UltraGCNModule

        _, ids = sizes(graph, features=(), ids=("user", "item"), encoder=self.name)
        return UltraGCNModule(
            ids,
            self.channels,
            self.init_std,
            constraint=self.constraint,
            negatives=self.negatives,
            negative_weight=self.negative_weight,
            item_constraint=self.item_constraint,
            neighbours=self.neighbours,
        )
