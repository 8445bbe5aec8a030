"""NGCF as a module, usable without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, normalize

from gnnrec.graph.propagation import propagate_over
from gnnrec_encoders.interactions import ITEM_TO_USER, USER_TO_ITEM
from gnnrec_encoders.node_embeddings import NodeEmbeddings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch_geometric.data import HeteroData

SLOPE = 0.2
"""Of LeakyReLU below 0, as in the authors' code."""


class NGCFModule(nn.Module):
    """Wang et al. 2019, equations 3 to 9, with one pair of maps per layer for users and items alike.

    With the neighbours' sum n_v = Σ e_w / sqrt(d_v d_w): e'_v = LeakyReLU(W₁ (e_v + n_v) + W₂ (e_v ⊙ n_v)), then
    dropout of its numbers (message dropout). All layers stand side by side in the answer, those after layer 0 at unit
    length, as in the authors' code.

    Args:
        num_features: See `NodeEmbeddings`; the paper has none.
        num_embeddings: See `NodeEmbeddings`.
        channels: D, of each layer; the answer has (K + 1) D.
        layers: K.
        init_std: See `NodeEmbeddings`.
        dropout: The probability that a number of a layer is dropped in training.
    """

    def __init__(
        self,
        num_features: Mapping[str, int],
        num_embeddings: Mapping[str, int],
        channels: int,
        layers: int,
        init_std: float,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.initial = NodeEmbeddings(num_features, num_embeddings, channels, init_std)
        self.sums = nn.ModuleList(nn.Linear(channels, channels) for _ in range(layers))
        self.products = nn.ModuleList(nn.Linear(channels, channels) for _ in range(layers))
        self.dropout = nn.Dropout(dropout)

    @property
    def num_layers(self) -> int:
        """K."""
        return len(self.sums)

    def forward(self, graph: HeteroData) -> tuple[Tensor, Tensor]:
        """Embed every node of `graph`: user [U, (K + 1) D], item [I, (K + 1) D]."""
        layers = [self.initial_embeddings(graph)]
        for layer in range(self.num_layers):
            layers.append(self.propagate_layer(graph, layer, layers[-1]))
        user, item = (self.combine_layers([tables[kind] for tables in layers]) for kind in ("user", "item"))
        return user, item

    def initial_embeddings(self, graph: HeteroData) -> dict[str, Tensor]:
        """Layer 0 of users and items: [N, D] each."""
        return {kind: self.initial(graph, kind) for kind in ("user", "item")}

    def propagate_layer(self, graph: HeteroData, layer: int, tables: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Equation 7: the next layer of users and items."""
        user, item = tables["user"], tables["item"]
        neighbours = {
            "user": propagate_over(item, graph[ITEM_TO_USER], user.size(0), "symmetric"),
            "item": propagate_over(user, graph[USER_TO_ITEM], item.size(0), "symmetric"),
        }
        return {kind: self._embedded(layer, tables[kind], heard) for kind, heard in neighbours.items()}

    def combine_layers(self, tables: Sequence[Tensor]) -> Tensor:
        """Equation 9, side by side: K + 1 tables [N, D] to [N, (K + 1) D]."""
        return torch.cat([tables[0], *map(normalize, tables[1:])], dim=1)

    def _embedded(self, layer: int, own: Tensor, heard: Tensor) -> Tensor:
        passed = leaky_relu(self.sums[layer](own + heard) + self.products[layer](own * heard), SLOPE)
        dropped: Tensor = self.dropout(passed)
        return dropped
