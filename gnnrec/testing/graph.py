"""Checks of graph builders: nothing but the given edges, and everything in its row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from gnnrec.contract.kinds import NODE_TYPES
from gnnrec.data.features import FeatureBlock
from gnnrec.testing.comparing import difference
from gnnrec.testing.every_kind import EVERY_KIND, Job, repeatable
from gnnrec.testing.rule import bound, rule
from gnnrec.testing.toy_data import toy_features, toy_observed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor
    from torch_geometric.data import HeteroData

    from gnnrec.contract.kinds import GraphBuilder
    from gnnrec.data.edges import IdArray
    from gnnrec.data.observed import Observed

BUILD = "gnnrec.contract.kinds.GraphBuilder.build"

FORWARD, BACKWARD = ("user", "interacts", "item"), ("item", "rev_interacts", "user")


@dataclass(frozen=True)
class GraphCase:
    """A graph builder."""

    component: GraphBuilder

    def build(self) -> tuple[HeteroData, Observed]:
        """The graph of the toy with features of both types, and what it was built of."""
        observed = known()
        return self.component.build(observed), observed


def known() -> Observed:
    """What is known of the toy edges, with features of users and items."""
    observed = toy_observed()
    return replace(observed, features=toy_features(observed.edges))


def _job(case: GraphCase) -> Job:
    observed = known()
    return Job(observed, lambda: case.component.build(observed))


@rule(BUILD)
def numbers_its_nodes(case: GraphCase) -> str | None:
    """Node types are `user`, `item` and what else is known; each has `node_id`, int64 [N], in which node i is row i."""
    graph, observed = case.build()
    missing, unknown = set(NODE_TYPES) - set(graph.node_types), set(graph.node_types) - set(observed.tables)
    if missing or unknown:
        return f"node types {graph.node_types}"
    for node_type in graph.node_types:
        if "node_id" not in graph[node_type]:
            return f"{node_type} has no node_id; it has {list(graph[node_type])}"
        if found := difference(
            torch.arange(observed.count(node_type)), graph[node_type].node_id, at=f"node_id of {node_type}"
        ):
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
    """There are the given edges and no others, whatever their type; of users with items, each once.

    A behaviour or a relation has its own type, called as it is. An edge type of another name between other nodes than
    users and items is left to the builder.
    """
    graph, observed = case.build()
    for edge_type in graph.edge_types:
        given = _given(observed, edge_type)
        if given is None:
            continue
        targets = observed.count(edge_type[2])
        keys = _keys(graph[edge_type].edge_index.numpy(), targets)
        strange = ~np.isin(keys, _keys(given, targets))
        if strange.any():
            return f"{int(strange.sum())} of {len(keys)} edges of {edge_type} were not given"
        twice = len(keys) - len(np.unique(keys))
        if twice and edge_type in {FORWARD, BACKWARD}:
            return f"{twice} edges of {edge_type} stand twice"
    return None


@rule(BUILD)
def reverses_every_edge(case: GraphCase) -> str | None:
    """Where there is `(item, rev_interacts, user)`, it holds the reverse of each edge of `(user, interacts, item)`."""
    graph, observed = case.build()
    if BACKWARD not in graph.edge_types:
        return None
    ends = (graph[FORWARD].edge_index.numpy(), graph[BACKWARD].edge_index.numpy()[::-1])
    there, back = (np.unique(_keys(pairs, observed.edges.num_items)) for pairs in ends)
    lone = np.setxor1d(there, back)
    return f"{len(lone)} edges stand in one direction alone" if len(lone) else None


@rule(BUILD)
def weighs_each_edge(case: GraphCase) -> str | None:
    """Where edges have weights, `edge_weight` is float32 [E], finite, none negative; an edge's reverse has its own."""
    graph, _ = case.build()
    for edge_type in graph.edge_types:
        weight: Tensor | None = graph[edge_type].get("edge_weight")
        if weight is None:
            continue
        count = graph[edge_type].edge_index.size(1)
        if weight.dtype != torch.float32 or tuple(weight.shape) != (count,):
            return f"edge_weight of {edge_type} is {weight.dtype} {list(weight.shape)}, for {count} edges"
        wrong = int((~torch.isfinite(weight) | (weight < 0)).sum())
        if wrong:
            return f"{wrong} weights of {edge_type} are negative, or not finite"
    if BACKWARD in graph.edge_types and "edge_weight" in graph[FORWARD]:
        there, back = (_weight_of_each(graph, each) for each in (FORWARD, BACKWARD))
        different = sum(back.get(pair[::-1]) != value for pair, value in there.items())
        return f"{different} edges weigh more or less than their reverses" if different else None
    return None


@rule(BUILD)
def keeps_features_in_their_rows(case: GraphCase) -> str | None:
    """Node types with features have them as `x`, float32 [N, F], row i that of node i; the others have no `x`."""
    observed = known()
    further = {kind: _numbered(observed.count(kind)) for kind in observed.tables if kind not in NODE_TYPES}
    for given in (observed.features, {**observed.features, **further}, {"item": observed.features["item"]}, {}):
        graph = case.component.build(replace(observed, features=given))
        for node_type in graph.node_types:
            x: Tensor | None = graph[node_type].get("x")
            if node_type not in given:
                if x is not None:
                    return f"x of {node_type} is {list(x.shape)}, though no features of it were given"
            elif x is None:
                return f"{node_type} has no x"
            elif found := difference(given[node_type].values, x, at=f"x of {node_type}"):
                return found
    return None


def _numbered(count: int) -> FeatureBlock:
    return FeatureBlock(np.arange(count, dtype=np.float32)[:, None], ("number",))


def _weight_of_each(graph: HeteroData, edge_type: tuple[str, str, str]) -> dict[tuple[int, ...], float]:
    ends, weight = graph[edge_type].edge_index, graph[edge_type].get("edge_weight")
    return dict(zip(map(tuple, ends.T.tolist()), [] if weight is None else weight.tolist(), strict=False))


def _given(observed: Observed, edge_type: tuple[str, str, str]) -> tuple[IdArray, IdArray] | None:
    """Sources and targets of what was given for an edge type, each int64 [n]; None where it may be anything."""
    source, name, target = edge_type
    for relation in observed.relations:
        if edge_type == relation.edge_type:
            return relation.source, relation.target
        if edge_type == (relation.target_type, f"rev_{relation.name}", relation.source_type):
            return relation.target, relation.source
    if {source, target} != set(NODE_TYPES):
        return None
    edges = observed.behaviours.get(name.removeprefix("rev_"), observed.edges)
    return (edges.users, edges.items) if source == "user" else (edges.items, edges.users)


def _keys(ends: Iterable[IdArray], num_targets: int) -> IdArray:
    """One number per edge, of sources and targets: int64 [E]."""
    sources, targets = ends
    keys: IdArray = sources * num_targets + targets
    return keys


RULES = (
    *EVERY_KIND,
    numbers_its_nodes,
    has_edges_in_their_type,
    holds_no_edge_that_was_not_given,
    reverses_every_edge,
    weighs_each_edge,
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
