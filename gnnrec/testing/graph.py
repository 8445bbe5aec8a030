"""Checks of graph builders: nothing but the given edges, and everything in its row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from gnnrec.contract.kinds import NODE_TYPES
from gnnrec.testing.comparing import difference
from gnnrec.testing.every_kind import EVERY_KIND, Job, repeatable
from gnnrec.testing.rule import bound, rule
from gnnrec.testing.toy_data import toy_edges, toy_features

if TYPE_CHECKING:
    from torch import Tensor
    from torch_geometric.data import HeteroData

    from gnnrec.contract.kinds import GraphBuilder
    from gnnrec.data.interactions import Edges

BUILD = "gnnrec.contract.kinds.GraphBuilder.build"

FORWARD, BACKWARD = ("user", "interacts", "item"), ("item", "rev_interacts", "user")


@dataclass(frozen=True)
class GraphCase:
    """A graph builder."""

    component: GraphBuilder

    def build(self) -> tuple[HeteroData, Edges]:
        """The graph of the toy edges and features, and the edges."""
        edges = toy_edges()
        return self.component.build(edges, toy_features(edges)), edges


def _job(case: GraphCase) -> Job:
    edges = toy_edges()
    features = toy_features(edges)
    return Job((edges, features), lambda: case.component.build(edges, features))


@rule(BUILD)
def numbers_users_and_items(case: GraphCase) -> str | None:
    """Node types are `user` and `item`; each has `node_id`, int64 [N], in which node i is row i."""
    graph, edges = case.build()
    missing = set(NODE_TYPES) - set(graph.node_types)
    if missing:
        return f"node types {graph.node_types}"
    for node_type, count in zip(NODE_TYPES, (edges.num_users, edges.num_items), strict=True):
        if "node_id" not in graph[node_type]:
            return f"{node_type} has no node_id; it has {list(graph[node_type])}"
        if found := difference(torch.arange(count), graph[node_type].node_id, at=f"node_id of {node_type}"):
            return found
    return None


@rule(BUILD)
def has_edges_in_their_type(case: GraphCase) -> str | None:
    """`(user, interacts, item)` is there; every `edge_index` is int64 [2, E] within the nodes of its ends."""
    graph, _ = case.build()
    if FORWARD not in graph.edge_types:
        return f"edge types {graph.edge_types}"
    for edge_type in graph.edge_types:
        ends = graph[edge_type].edge_index
        if ends.dtype != torch.int64 or ends.dim() != 2 or len(ends) != 2:  # noqa: PLR2004 - sources and targets
            return f"edge_index of {edge_type} is {ends.dtype} {list(ends.shape)}"
        for side, node_type, row in (("sources", edge_type[0], 0), ("targets", edge_type[2], 1)):
            count = graph[node_type].num_nodes
            if ends.size(1) and not 0 <= int(ends[row].min()) <= int(ends[row].max()) < count:
                return (
                    f"{side} of {edge_type} lie in {int(ends[row].min())}..{int(ends[row].max())}, not 0..{count - 1}"
                )
    return None


@rule(BUILD)
def holds_no_edge_that_was_not_given(case: GraphCase) -> str | None:
    """Between users and items there are the given edges and no others, each once, whatever their type."""
    graph, edges = case.build()
    for edge_type in graph.edge_types:
        if {edge_type[0], edge_type[2]} == set(NODE_TYPES):
            keys = _keys(graph, edge_type, edges)
            strange = ~np.isin(keys, edges.keys)
            if strange.any():
                return f"{int(strange.sum())} of {len(keys)} edges of {edge_type} were not given"
            if len(np.unique(keys)) < len(keys):
                return f"{len(keys) - len(np.unique(keys))} edges of {edge_type} stand twice"
    return None


@rule(BUILD)
def reverses_every_edge(case: GraphCase) -> str | None:
    """Where there is `(item, rev_interacts, user)`, it holds the reverse of each edge of `(user, interacts, item)`."""
    graph, edges = case.build()
    if BACKWARD not in graph.edge_types:
        return None
    there, back = (np.unique(_keys(graph, edge_type, edges)) for edge_type in (FORWARD, BACKWARD))
    lone = np.setxor1d(there, back)
    return f"{len(lone)} edges stand in one direction alone" if len(lone) else None


@rule(BUILD)
def keeps_features_in_their_rows(case: GraphCase) -> str | None:
    """Node types with features have them as `x`, float32 [N, F], row i that of node i; the others have no `x`."""
    edges = toy_edges()
    features = toy_features(edges)
    for given in (features, {"item": features["item"]}, {}):
        graph = case.component.build(edges, given)
        for node_type in NODE_TYPES:
            x: Tensor | None = graph[node_type].get("x")
            if node_type not in given:
                if x is not None:
                    return f"x of {node_type} is {list(x.shape)}, though no features of it were given"
            elif x is None:
                return f"{node_type} has no x"
            elif found := difference(given[node_type].values, x, at=f"x of {node_type}"):
                return found
    return None


def _keys(graph: HeteroData, edge_type: tuple[str, str, str], edges: Edges) -> np.ndarray:
    """One number per edge, as in `Edges.keys`: int64 [E]."""
    ends = graph[edge_type].edge_index.numpy()
    users, items = ends if edge_type[0] == "user" else ends[::-1]
    keys: np.ndarray = users * edges.num_items + items
    return keys


RULES = (
    *EVERY_KIND,
    numbers_users_and_items,
    has_edges_in_their_type,
    holds_no_edge_that_was_not_given,
    reverses_every_edge,
    keeps_features_in_their_rows,
    *repeatable(BUILD, _job),
)


def check_graph(component: GraphBuilder) -> None:
    """Check a graph builder, as its fields are.

    Raises:
        ContractViolation: It breaks a rule; the message says which, what was asked for and what was got.
    """
    for check in bound("graph", RULES, GraphCase(component)):
        check()
