"""Lays out nodes and edges, the interactions first; what every graph builder here begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch_geometric.data import HeteroData

if TYPE_CHECKING:
    from gnnrec import Observed
    from gnnrec.data.edges import EdgeType, IdArray, Weights
    from gnnrec_graphs.weights import Weighting


def interactions(observed: Observed, weighting: Weighting, *, reverse: bool) -> HeteroData:
    """Users, items, and an edge per interaction."""
    graph = HeteroData()
    for node_type in ("user", "item"):
        add_nodes(graph, observed, node_type)
    edges = observed.edges
    weight = weighting.required(edges, "interactions", observed.tables)
    add_edges(graph, ("user", "interacts", "item"), edges.users, edges.items, weight, reverse=reverse)
    return graph


def add_nodes(graph: HeteroData, observed: Observed, node_type: str) -> None:
    """All nodes of a type, row i = node i, with their features where they have some."""
    graph[node_type].node_id = torch.arange(observed.count(node_type))
    if node_type in observed.features:
        graph[node_type].x = torch.from_numpy(observed.features[node_type].values)


def add_edges(
    graph: HeteroData, edge_type: EdgeType, sources: IdArray, targets: IdArray, weight: Weights | None, *, reverse: bool
) -> None:
    """Edges of one type, and their reverses as `rev_` of its name.

    Args:
        graph: Gets the edges.
        edge_type: Theirs.
        sources: int64 [E].
        targets: int64 [E].
        weight: float32 [E], or None where all count alike.
        reverse: Whether to add the reverses.
    """
    source, name, target = edge_type
    ends = torch.from_numpy(sources), torch.from_numpy(targets)
    directions = {edge_type: torch.stack(ends)}
    if reverse:
        directions[target, f"rev_{name}", source] = torch.stack(ends[::-1])
    for each, edge_index in directions.items():
        graph[each].edge_index = edge_index
        if weight is not None:
            graph[each].edge_weight = torch.from_numpy(weight)
