"""LightGCN as a module, usable without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from gnnrec.graph.propagation import degrees, propagate
from gnnrec_encoders.node_embeddings import NodeEmbeddings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
        self.num_layers = layers

    def forward(self, graph: HeteroData) -> tuple[Tensor, Tensor]:
        """Embed every node of `graph`: user [U, D], item [I, D]."""
        layers = [self.initial_embeddings(graph)]
        for layer in range(self.num_layers):
            layers.append(self.propagate_layer(graph, layer, *layers[-1]))
        users, items = zip(*layers, strict=True)
        return self.combine_layers(users), self.combine_layers(items)

    def initial_embeddings(self, graph: HeteroData) -> tuple[Tensor, Tensor]:
        """Layer 0: user [U, D], item [I, D]."""
        return self.initial(graph, "user"), self.initial(graph, "item")

    def propagate_layer(self, graph: HeteroData, layer: int, user: Tensor, item: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ARG002 - all layers are the same
        """Equation 3: the next layer's user [U, D] and item [I, D]."""
        to_item, to_user = graph[USER_TO_ITEM], graph[ITEM_TO_USER]
        return (
            propagate(item, to_user.edge_index, user.size(0), "symmetric", degrees(to_user)),
            propagate(user, to_item.edge_index, item.size(0), "symmetric", degrees(to_item)),
        )

    def combine_layers(self, tables: Sequence[Tensor]) -> Tensor:
        """Equation 4 with equal weights, the mean: K + 1 tables [N, D] to one."""
        return sum(tables[1:], start=tables[0]) / len(tables)
