"""LightGCN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from gnnrec import TunedAmong
from gnnrec_encoders.embedding_memory import embedding_memory
from gnnrec_encoders.interaction_encoder import InteractionEncoder

if TYPE_CHECKING:
    from torch import nn
    from torch_geometric.data import HeteroData

    from gnnrec.data.size import Size


class LightGCN(InteractionEncoder):
    """LightGCN: propagation and nothing else, averaged over layers (He et al. 2020).

    Weights of interactions are heeded; relations, behaviours and further node types are not read.
    """

    name: Literal["lightgcn"] = "lightgcn"

    features: bool = False
    """Add a linear map of a node's features to the embedding of its id."""

    layer_weights: Annotated[Literal["mean", "learned"], TunedAmong(("mean", "learned"))] = "mean"
    """How layers are put together: each as much as any other, or by weights that are learned and add up to 1."""

    def memory(self, size: Size) -> int:
        """Tables of ids, propagated."""
        return embedding_memory(size, self.channels, self.layers)

    def build(self, graph: HeteroData) -> nn.Module:
        """Sizes are taken from `graph`.

        Raises:
            UsageError: The graph lacks reverse edges.
        """
        from gnnrec_encoders.lightgcn_module import LightGCNModule

        return LightGCNModule(
            *self._sizes(graph, features=self.features),
            self.channels,
            self.layers,
            self.init_std,
            learned_weights=self.layer_weights == "learned",
        )
