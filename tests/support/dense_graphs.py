"""Graphs as dense matrices, for tests that compute what an encoder gives the plain way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from random_graphs import FORWARD

if TYPE_CHECKING:
    from torch import Tensor
    from torch_geometric.data import HeteroData


def interactions_of(graph: HeteroData) -> Tensor:
    """How often each user took each item: float32 [U, I]."""
    matrix = torch.zeros(graph["user"].num_nodes, graph["item"].num_nodes)
    return matrix.index_put_(tuple(graph[FORWARD].edge_index), torch.ones(()), accumulate=True)


def normalised_adjacency(interactions: Tensor) -> Tensor:
    """D^-1/2 A D^-1/2 over users, then items: float32 [U + I, U + I]; nodes without edges have zeros."""
    num_users, num_items = interactions.shape
    adjacency = torch.zeros(num_users + num_items, num_users + num_items)
    adjacency[:num_users, num_users:] = interactions
    adjacency = adjacency + adjacency.T
    scale = adjacency.sum(1).clamp(min=1).rsqrt()
    return scale[:, None] * adjacency * scale
