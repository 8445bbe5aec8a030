"""SGL as a module, usable without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor

from gnnrec.graph.new_nodes import chosen_edges
from gnnrec.graph.sparse import PerTensor
from gnnrec_encoders.contrast import contrast_of
from gnnrec_encoders.interactions import ITEM_TO_USER, USER_TO_ITEM
from gnnrec_encoders.lightgcn_module import LightGCNModule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch_geometric.data import HeteroData

    from gnnrec.contract.training import Batch

_numbers = PerTensor()


class SGLModule(LightGCNModule):
    """Wu et al. 2021: LightGCN, and InfoNCE between its embeddings over two graphs that each lack some edges.

    The edges that a view lacks are those of all its layers (edge dropout, equation 5), and degrees are those of the
    edges that are left. Views are drawn anew in each step, where the paper draws them in each epoch.

    Args:
        num_features: See `NodeEmbeddings`; the paper has none.
        num_embeddings: See `NodeEmbeddings`.
        channels: D.
        layers: K.
        init_std: See `NodeEmbeddings`.
        edge_dropout: The probability that a view lacks an interaction, ρ.
        temperature: τ.
        contrast: Weight of the contrastive loss, λ₁.
    """

    def __init__(
        self,
        num_features: Mapping[str, int],
        num_embeddings: Mapping[str, int],
        channels: int,
        layers: int,
        init_std: float,
        *,
        edge_dropout: float,
        temperature: float,
        contrast: float,
    ) -> None:
        super().__init__(num_features, num_embeddings, channels, layers, init_std)
        self.edge_dropout, self.temperature, self.contrast = edge_dropout, temperature, contrast

    def auxiliary_loss(self, graph: HeteroData, batch: Batch, generator: Generator) -> Tensor:
        """λ₁ times the contrastive loss over the batch's users, plus that over its items: a scalar.

        Args:
            graph: What views are made of.
            batch: Its `users` and `items` are rows of `graph`; each counts once.
            generator: Says what is dropped; on the graph's device.
        """
        first, second = (self(without_some(graph, self.edge_dropout, generator)) for _ in range(2))
        return self.contrast * contrast_of(first, second, batch, self.temperature)


def without_some(graph: HeteroData, share: float, generator: Generator) -> HeteroData:
    """The graph without some of its interactions, each of which is dropped with the same probability, both ways.

    Args:
        graph: Users, items and interactions with their reverse edges; it stays as it is.
        share: The probability.
        generator: On the graph's device.
    """
    numbers, count = interaction_numbers(graph)
    kept = torch.rand(count, generator=generator, device=generator.device) >= share
    view = type(graph)()
    for kind in graph.node_types:
        view[kind].update(dict(graph[kind].items()))
    for edge_type, of_edges in numbers.items():
        view[edge_type].update(chosen_edges(graph[edge_type], kept[of_edges]))
    return view


def interaction_numbers(graph: HeteroData) -> tuple[dict[tuple[str, str, str], Tensor], int]:
    """Which interaction each edge is, int64 [E] for both ways, and how many there are.

    Pairs of a user and an item are counted by user and item, whatever the order of edges.
    """
    ends = graph[USER_TO_ITEM].edge_index, graph[ITEM_TO_USER].edge_index

    def number() -> tuple[dict[tuple[str, str, str], Tensor], int]:
        pairs = torch.cat([ends[0], ends[1].flip(0)], dim=1)  # [2, E + E'], users and items
        distinct, number = torch.unique(pairs[0] * graph["item"].num_nodes + pairs[1], return_inverse=True)
        forward, backward = number.split([each.size(1) for each in ends])
        return {USER_TO_ITEM: forward, ITEM_TO_USER: backward}, len(distinct)

    made: tuple[dict[tuple[str, str, str], Tensor], int] = _numbers.get(ends[0], (), number)
    return made
