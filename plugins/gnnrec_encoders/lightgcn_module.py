"""LightGCN as a module, usable without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from gnnrec.graph.layer_sums import layer_sums
from gnnrec.graph.propagation import propagate_over
from gnnrec.graph.sparse import has_sparse_products
from gnnrec_encoders.interactions import ITEM_TO_USER, USER_TO_ITEM
from gnnrec_encoders.node_embeddings import NodeEmbeddings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch_geometric.data import HeteroData

    from gnnrec.graph.layer_sums import EmbeddedRows


class LightGCNModule(nn.Module):
    """He et al. 2020, equations 3 and 4: e^(k+1)_v = Σ e^(k)_w / sqrt(d_v d_w), and the mean of all layers, 0 included.

    The α_k of equation 4 may be learned: a softmax of K + 1 numbers that are 0 at first, so that it starts as the mean.

    Where edges have weights, each term is taken a_vw times, and a degree d is the sum of its node's weights. Edges of
    other types than interactions are not read.

    Args:
        num_features: See `NodeEmbeddings`; the paper has none.
        num_embeddings: See `NodeEmbeddings`.
        channels: D.
        layers: K.
        init_std: See `NodeEmbeddings`.
        learned_weights: Learn the weights of layers.
    """

    def __init__(
        self,
        num_features: Mapping[str, int],
        num_embeddings: Mapping[str, int],
        channels: int,
        layers: int,
        init_std: float,
        *,
        learned_weights: bool = False,
    ) -> None:
        super().__init__()
        self.initial = NodeEmbeddings(num_features, num_embeddings, channels, init_std)
        self.layer_logits = nn.Parameter(torch.zeros(layers + 1)) if learned_weights else None
        self.num_layers = layers

    def forward(self, graph: HeteroData) -> tuple[Tensor, Tensor]:
        """Embed every node of `graph`: user [U, D], item [I, D]."""
        layers = [self.initial_embeddings(graph)]
        for layer in range(self.num_layers):
            layers.append(self.propagate_layer(graph, layer, layers[-1]))
        user, item = (self.combine_layers([tables[kind] for tables in layers]) for kind in ("user", "item"))
        return user, item

    def embed_rows(self, graph: HeteroData, rows: tuple[Tensor, Tensor]) -> EmbeddedRows | None:
        """What `forward` and `initial_embeddings` have at some users [B] and items [C], none of them twice.

        None where it would be no quicker: without layers, with learned weights, or on a device without sparse products.
        """
        if self.layer_logits is not None:
            return None
        tables = self.initial_embeddings(graph)
        user, item = tables["user"], tables["item"]
        if not self.num_layers or not has_sparse_products(user.device):
            return None
        sums = layer_sums(user, item, graph[ITEM_TO_USER], graph[USER_TO_ITEM], self.num_layers, rows)
        layers = self.num_layers + 1
        return sums._replace(user=sums.user / layers, item=sums.item / layers)

    def initial_embeddings(self, graph: HeteroData) -> dict[str, Tensor]:
        """Layer 0 of users and items: [N, D] each."""
        return {kind: self.initial(graph, kind) for kind in ("user", "item")}

    def propagate_layer(self, graph: HeteroData, layer: int, tables: Mapping[str, Tensor]) -> dict[str, Tensor]:  # noqa: ARG002 - all layers are the same
        """Equation 3: the next layer of users and items."""
        user, item = tables["user"], tables["item"]
        return {
            "user": propagate_over(item, graph[ITEM_TO_USER], user.size(0), "symmetric"),
            "item": propagate_over(user, graph[USER_TO_ITEM], item.size(0), "symmetric"),
        }

    def combine_layers(self, tables: Sequence[Tensor]) -> Tensor:
        """Equation 4, with equal weights or learned ones: K + 1 tables [N, D] to one."""
        if self.layer_logits is None:
            return sum(tables[1:], start=tables[0]) / len(tables)
        first, *weighed = (weight * table for weight, table in zip(self.layer_logits.softmax(0), tables, strict=True))
        total: Tensor = sum(weighed, start=first)
        return total
