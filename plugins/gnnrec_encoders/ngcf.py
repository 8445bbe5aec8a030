"""NGCF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gnnrec import Tuned
from gnnrec_encoders.embedding_memory import embedding_memory
from gnnrec_encoders.interaction_encoder import InteractionEncoder

if TYPE_CHECKING:
    from torch import nn
    from torch_geometric.data import HeteroData

    from gnnrec.data.size import Size

TABLES = 4
"""Tables that a layer keeps beside its answer: neighbours' sums and products, and what the maps make of them."""


class NGCF(InteractionEncoder):
    """NGCF: sums of neighbours, and their products with a node, through learned maps (Wang et al. 2019).

    All layers stand side by side: an answer has `layers` + 1 times as many channels. Weights of interactions are
    heeded; relations, behaviours and further node types are not read.
    """

    name: Literal["ngcf"] = "ngcf"

    features: bool = False
    """Add a linear map of a node's features to the embedding of its id."""

    dropout: Annotated[float, Field(ge=0, lt=1), Tuned(0.0, 0.5)] = 0.1
    """The probability that a number of a layer is dropped in training (message dropout)."""

    def memory(self, size: Size) -> int:
        """Tables of ids, propagated and mapped."""
        return embedding_memory(size, self.channels, (1 + TABLES) * self.layers)

    def build(self, graph: HeteroData) -> nn.Module:
        """Sizes are taken from `graph`.

        Raises:
            UsageError: The graph lacks reverse edges.
        """
        from gnnrec_encoders.ngcf_module import NGCFModule

        sizes = self._sizes(graph, features=self.features)
        return NGCFModule(*sizes, self.channels, self.layers, self.init_std, self.dropout)
