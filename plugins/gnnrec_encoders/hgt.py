"""HGT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from gnnrec_encoders.attention import AttentionEncoder

if TYPE_CHECKING:
    from torch import nn
    from torch_geometric.data import HeteroData


class HGT(AttentionEncoder):
    """HGT: attention whose maps go by node and edge type, over all of a node's edges at once (Hu et al. 2020).

    It takes any graph without weights: every node and edge type. Layer 0 is the sum of a linear map of the features and
    an embedding of the id.
    """

    instead: ClassVar[Mapping[str, str]] = {}

    name: Literal["hgt"] = "hgt"

    def build(self, graph: HeteroData) -> nn.Module:
        """Sizes are taken from `graph`.

        Raises:
            UsageError: Edges have weights; a node type would have neither features nor id embeddings, or one that is
                named is not there.
        """
        from gnnrec import UsageError
        from gnnrec_encoders.hgt_module import HGTModule

        read = self._read(graph.edge_types)
        for relation in read:
            if "edge_weight" in graph[relation]:
                raise UsageError(
                    f"hgt does not look at weights, and {'-'.join(relation)} has some; set graph.weights: none, leave "
                    f"these edges out (encoder.without: [{relation[1]}]), or take hetero_gat"
                )
        return HGTModule(*self._sizes(graph), read, self.channels, self.layers, self.heads, self.init_std)
