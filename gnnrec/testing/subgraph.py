"""The part of a graph that some nodes' embeddings depend on, as sampling with full fan-outs would give it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch_geometric.data import HeteroData

from gnnrec.graph.new_nodes import chosen_edges

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Generator, Tensor


def relabelled(graph: HeteroData, order: Mapping[str, Tensor]) -> HeteroData:
    """The graph with other places for its nodes.

    Args:
        graph: Whole.
        order: For each node type int64 [N], the old place of each new node; nodes that are left out lose their edges.
    """
    new = HeteroData()
    place = {}
    for node_type, old in order.items():
        store = graph[node_type]
        place[node_type] = old.new_full((store.num_nodes,), -1)
        place[node_type][old] = torch.arange(len(old))
        for key, value in store.items():
            new[node_type][key] = value[old]
    for edge_type in graph.edge_types:
        source, _, target = edge_type
        ends = graph[edge_type].edge_index
        moved = torch.stack([place[source][ends[0]], place[target][ends[1]]])
        there = (moved >= 0).all(dim=0)
        new[edge_type].update(chosen_edges(graph[edge_type], there) | {"edge_index": moved[:, there]})
    return new


def shuffled_nodes(graph: HeteroData, generator: Generator) -> dict[str, Tensor]:
    """A random order of all nodes, for `relabelled`."""
    return {
        node_type: torch.randperm(graph[node_type].num_nodes, generator=generator) for node_type in graph.node_types
    }


def neighbourhood(
    graph: HeteroData, seeds: Mapping[str, Tensor], hops: int, generator: Generator
) -> tuple[HeteroData, dict[str, Tensor]]:
    """The seeds, what is within `hops` of them, and the edges over which messages reach the seeds.

    The nodes that are `hops` away have no incoming edges, as in a sampled subgraph. Each edge type bears
    `source_degree` and `target_degree`, the degrees of its nodes in the whole graph.

    Args:
        graph: Whole.
        seeds: For each node type int64 [S].
        hops: How far messages come from.
        generator: Shuffles nodes and edges.

    Returns:
        The subgraph, and where the seeds are in it.
    """
    reaching, inside = _within(graph, seeds, hops)
    order = {}
    for node_type, chosen in inside.items():
        found = chosen.nonzero().flatten()
        order[node_type] = found[torch.randperm(len(found), generator=generator)]
    part = relabelled(reaching, order)
    for edge_type in graph.edge_types:
        count = part[edge_type].edge_index.size(1)
        part[edge_type].update(chosen_edges(part[edge_type], torch.randperm(count, generator=generator)))
        ends, weight = graph[edge_type].edge_index, graph[edge_type].get("edge_weight")
        for row, side, node_type in ((0, "source", edge_type[0]), (1, "target", edge_type[2])):
            whole = torch.bincount(ends[row], weight, minlength=graph[node_type].num_nodes)
            part[edge_type][f"{side}_degree"] = whole[order[node_type]]
    return part, {kind: torch.stack([(order[kind] == seed).nonzero()[0, 0] for seed in seeds[kind]]) for kind in seeds}


def _within(graph: HeteroData, seeds: Mapping[str, Tensor], hops: int) -> tuple[HeteroData, dict[str, Tensor]]:
    """The graph with the edges alone that end less than `hops` away from the seeds; and which nodes take part, bool."""
    reaching = HeteroData()
    inside = {}
    for node_type in graph.node_types:
        reaching[node_type].update(dict(graph[node_type].items()))
        inside[node_type] = torch.zeros(graph[node_type].num_nodes, dtype=torch.bool)
        inside[node_type][seeds[node_type]] = True
    for edge_type in graph.edge_types:
        reaching[edge_type].update(chosen_edges(graph[edge_type], torch.arange(0)))
    for _ in range(hops):
        for edge_type in graph.edge_types:
            reaches = inside[edge_type[2]][graph[edge_type].edge_index[1]]
            reaching[edge_type].update(chosen_edges(graph[edge_type], reaches))
        for edge_type in graph.edge_types:
            inside[edge_type[0]][reaching[edge_type].edge_index[0]] = True
    return reaching, inside
