"""LightGCN as a module, usable without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from gnnrec.propagation import propagate
from gnnrec_encoders.node_embeddings import NodeEmbeddings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch_geometric.data import HeteroData

USER_TO_ITEM = ("user", "interacts", "item")
ITEM_TO_USER = ("item", "rev_interacts", "user")


class LightGCNModule(nn.Module):
    """He et al. 2020, equations 3 and 4: e^(k+1)_v = Σ e^(k)_w / sqrt(d_v d_w), and the mean of all layers, 0 included.

    Args:
        num_features: See `NodeEmbeddings`; the paper has none.
        num_embeddings: See `NodeEmbeddings`.
        channels: D.
        layers: K.
        init_std: See `NodeEmbeddings`.
    """

    def __init__(
        self,
        num_features: Mapping[str, int],
        num_embeddings: Mapping[str, int],
        channels: int,
        layers: int,
        init_std: float,
    ) -> None:
        super().__init__()
        self.initial = NodeEmbeddings(num_features, num_embeddings, channels, init_std)
        self.layers = layers

    def forward(self, graph: HeteroData) -> tuple[Tensor, Tensor]:
        """Embed every node of `graph`: user [U, D], item [I, D]."""
        to_item, to_user = graph[USER_TO_ITEM].edge_index, graph[ITEM_TO_USER].edge_index
        user, item = self.initial(graph, "user"), self.initial(graph, "item")
        users, items = user, item
        for _ in range(self.layers):
            user, item = (
                propagate(item, to_user, user.size(0), "symmetric"),
                propagate(user, to_item, item.size(0), "symmetric"),
            )
            users, items = users + user, items + item
        return users / (self.layers + 1), items / (self.layers + 1)
