"""Nodes that came after training: they receive messages and send none, and nothing is known of them by id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gnnrec.graph.propagation import as_borne, sums_of_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch_geometric.data import HeteroData
    from torch_geometric.data.storage import EdgeStorage, NodeStorage

DEGREES = ("source_degree", "target_degree")
"""What an edge type may bear a value of for each of its nodes, not of its edges."""


def look_up(table: Tensor, nodes: NodeStorage) -> Tensor:
    """Rows of a table of embeddings [M, D] by `node_id`: [N, D].

    Nodes that `is_new` (bool [N]) marks have no row of their own, whatever their id: each gets the mean of all others'.
    """
    if "is_new" not in nodes:
        return table[nodes.node_id]
    known = table[nodes.node_id[~nodes.is_new]]
    rows = known.mean(dim=0).repeat(len(nodes.is_new), 1)
    rows[~nodes.is_new] = known
    return rows


def silence(graph: HeteroData, new: Mapping[str, Tensor]) -> None:
    """Take the messages that new nodes would send out of a graph, in place.

    Nor does it show that they receive: an edge type that leads to them bears degrees (`source_degree` [S],
    `target_degree` [T]) by which the other nodes are as if new ones were not there. So nothing that is computed of the
    others hangs on who is new.

    Args:
        graph: Whole, without degrees.
        new: By node type bool [N]; a type without new nodes may be missing.
    """
    new = {kind: mask for kind, mask in new.items() if bool(mask.any())}
    for edge_type in graph.edge_types:
        source, _, target = edge_type
        edges = graph[edge_type]
        if source in new:
            edges.update(chosen_edges(edges, ~new[source][edges.edge_index[0]]))
        if target in new and bool(new[target][edges.edge_index[1]].any()):
            _bear_degrees(edges, graph[source].num_nodes, ~new[target])


def mark(graph: HeteroData, unlearned: Mapping[str, Tensor]) -> None:
    """Mark the nodes that have no embedding of their own (`is_new`), in place.

    Args:
        graph: Any.
        unlearned: By node type bool [N]; a type without such nodes may be missing.
    """
    for kind, mask in unlearned.items():
        if bool(mask.any()):
            graph[kind].is_new = mask


def around_new(graph: HeteroData, kind: str, first: int) -> tuple[HeteroData, dict[str, Tensor]]:
    """The new nodes of one type and what they hear from: a subgraph with their incoming edges and no others.

    Args:
        graph: Whole, silenced; the nodes of `kind` from row `first` on are new.
        kind: Their type.
        first: Their first row.

    Returns:
        The subgraph, in which they are the first of their type; and for each node type the rows of its nodes in
        `graph`, int64 [n].
    """
    reaching = {
        edge_type: chosen_edges(graph[edge_type], graph[edge_type].edge_index[1] >= first)
        if edge_type[2] == kind
        else chosen_edges(graph[edge_type], slice(0, 0))
        for edge_type in graph.edge_types
    }
    heard: dict[str, list[Tensor]] = {each: [] for each in graph.node_types}
    for (source, _, _), edges in reaching.items():
        heard[source].append(edges["edge_index"][0])
    heard[kind].append(torch.arange(first, graph[kind].num_nodes, device=graph[kind].node_id.device))
    part, rows, place = type(graph)(), {}, {}
    for each, some in heard.items():
        rows[each] = torch.unique(torch.cat(some)) if some else graph[each].node_id[:0]
        if each == kind:
            rows[each] = rows[each].roll(graph[kind].num_nodes - first)  # they have the highest numbers
        place[each] = rows[each].new_zeros(graph[each].num_nodes)
        place[each][rows[each]] = torch.arange(len(rows[each]), device=rows[each].device)
        part[each].update({name: values[rows[each]] for name, values in graph[each].items()})
    for edge_type, edges in reaching.items():
        (source, _, target), (sources, targets) = edge_type, edges["edge_index"]
        edges["edge_index"] = torch.stack([place[source][sources], place[target][targets]])
        for side, degree in zip((source, target), DEGREES, strict=True):
            if degree in edges:
                edges[degree] = graph[edge_type][degree][rows[side]]
        part[edge_type].update(edges)
    return part, rows


def chosen_edges(edges: EdgeStorage, chosen: Tensor | slice) -> dict[str, Tensor]:
    """All that edges have, of those that a mask, an order or a slice chooses; degrees, which are nodes', stay."""
    return {
        name: values if name in DEGREES else values[:, chosen] if name == "edge_index" else values[chosen]
        for name, values in edges.items()
    }


def _bear_degrees(edges: EdgeStorage, num_sources: int, known: Tensor) -> None:
    """Degrees of the edges that end in known targets (bool [T]); a source that has only others keeps those."""
    sources, targets = edges.edge_index
    weight, heard = edges.get("edge_weight"), known[targets]
    everywhere = sums_of_weights(sources, weight, num_sources)
    among_known = sums_of_weights(sources[heard], None if weight is None else weight[heard], num_sources)
    edges.source_degree = as_borne(torch.where(among_known > 0, among_known, everywhere))
    edges.target_degree = as_borne(sums_of_weights(targets, weight, len(known)))
