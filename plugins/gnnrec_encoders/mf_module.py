"""Embeddings without propagation, as a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from gnnrec_encoders.node_embeddings import NodeEmbeddings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch_geometric.data import HeteroData


class MFModule(nn.Module):
    """Layer 0 and nothing after it; arguments as in `NodeEmbeddings`."""

    def __init__(
        self, num_features: Mapping[str, int], num_embeddings: Mapping[str, int], channels: int, init_std: float
    ) -> None:
        super().__init__()
        self.initial = NodeEmbeddings(num_features, num_embeddings, channels, init_std)

    @property
    def num_layers(self) -> int:
        """None: there is nothing to propagate."""
        return 0

    def forward(self, graph: HeteroData) -> tuple[Tensor, Tensor]:
        """Embed every node of `graph`: user [U, D], item [I, D]."""
        tables = self.initial_embeddings(graph)
        return tables["user"], tables["item"]

    def initial_embeddings(self, graph: HeteroData) -> dict[str, Tensor]:
        """Layer 0 of users and items: [N, D] each."""
        return {kind: self.initial(graph, kind) for kind in ("user", "item")}

    def propagate_layer(self, graph: HeteroData, layer: int, tables: Mapping[str, Tensor]) -> dict[str, Tensor]:  # noqa: ARG002 - there are no layers
        """Nothing is passed on, whatever the graph."""
        return dict(tables)
