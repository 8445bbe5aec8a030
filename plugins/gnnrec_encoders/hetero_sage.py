"""Hetero GraphSAGE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from gnnrec import TunedAmong
from gnnrec_encoders.embedding_memory import embedding_memory, message_memory
from gnnrec_encoders.hetero_encoder import HeteroEncoder

if TYPE_CHECKING:
    from torch import nn
    from torch_geometric.data import HeteroData

    from gnnrec.data.size import Size


class HeteroSAGE(HeteroEncoder):
    """Hetero GraphSAGE: one convolution per relation and layer (Hamilton et al. 2017).

    It takes any graph: every node and edge type, and weights of edges. Layer 0 is the sum of a linear map of the
    features and an embedding of the id. ReLU stands between layers.
    """

    name: Literal["hetero_sage"] = "hetero_sage"

    aggregation: Annotated[Literal["mean", "max", "sum"], TunedAmong(("mean", "max", "sum"))] = "mean"
    """What is made of a node's neighbours: their mean, their sum, or the largest number in each channel."""

    def memory(self, size: Size) -> int:
        """Tables of ids, and of each layer; what other node types add is not known here."""
        tables = embedding_memory(size, self.channels, self.layers)
        return tables + (message_memory(size, self.channels, self.layers) if self.aggregation == "max" else 0)

    def build(self, graph: HeteroData) -> nn.Module:
        """Sizes are taken from `graph`.

        Raises:
            UsageError: A node type would have neither features nor id embeddings, or one that is named is not there.
        """
        from gnnrec_encoders.hetero_sage_module import HeteroSAGEModule

        read = self._read(graph.edge_types)
        return HeteroSAGEModule(*self._sizes(graph), read, self.channels, self.layers, self.init_std, self.aggregation)
