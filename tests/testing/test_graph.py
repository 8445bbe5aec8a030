from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch
from mutants import Mutant, assert_caught, assert_every_check_catches_something, changed, each, failures

from gnnrec import GraphBuilder
from gnnrec.testing import toy_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch_geometric.data import HeteroData

    from gnnrec import Edges, FeatureBlock

TO_ITEM, TO_USER = ("user", "interacts", "item"), ("item", "rev_interacts", "user")


class Right(GraphBuilder):
    """What is asked for."""

    name: Literal["right"] = "right"

    def build(self, edges: Edges, features: Mapping[str, FeatureBlock]) -> HeteroData:
        return toy_graph(edges, features)


def building(how: Callable[[HeteroData, Edges], None]) -> GraphBuilder:
    def build(self: Right, edges: Edges, features: Mapping[str, FeatureBlock]) -> HeteroData:  # noqa: ARG001 - a method
        graph = toy_graph(edges, features)
        how(graph, edges)
        return graph

    return changed(Right, build=build)


def without_node_ids(graph: HeteroData, edges: Edges) -> None:  # noqa: ARG001 - here and below, as all of them
    del graph["item"]["node_id"]


def with_small_edge_index(graph: HeteroData, edges: Edges) -> None:  # noqa: ARG001
    graph[TO_ITEM].edge_index = graph[TO_ITEM].edge_index.int()


def with_everything_liked_by_the_last(graph: HeteroData, edges: Edges) -> None:
    ends = graph[TO_ITEM].edge_index
    more = torch.stack([torch.full((edges.num_items,), edges.num_users - 1), torch.arange(edges.num_items)])
    graph[TO_ITEM].edge_index = torch.cat([ends, more], dim=1)
    graph[TO_USER].edge_index = graph[TO_ITEM].edge_index.flip(0)


def with_every_edge_twice(graph: HeteroData, edges: Edges) -> None:  # noqa: ARG001
    for edge_type in (TO_ITEM, TO_USER):
        graph[edge_type].edge_index = graph[edge_type].edge_index.repeat(1, 2)


def with_one_way_edges(graph: HeteroData, edges: Edges) -> None:  # noqa: ARG001
    graph[TO_USER].edge_index = graph[TO_USER].edge_index[:, 7:]


def with_features_upside_down(graph: HeteroData, edges: Edges) -> None:  # noqa: ARG001
    if "x" in graph["item"]:
        graph["item"].x = graph["item"].x.flip(0)


def with_made_up_features(graph: HeteroData, edges: Edges) -> None:
    if "x" not in graph["user"]:
        graph["user"].x = torch.ones(edges.num_users, 1)


def with_edges_dropped_at_random(graph: HeteroData, edges: Edges) -> None:
    kept = torch.rand(len(edges)) < 0.8
    for edge_type in (TO_ITEM, TO_USER):
        graph[edge_type].edge_index = graph[edge_type].edge_index[:, kept]


def sorting_the_given_edges(graph: HeteroData, edges: Edges) -> None:  # noqa: ARG001
    order = edges.keys.argsort()
    edges.users[:], edges.items[:] = edges.users[order], edges.items[order]


MUTANTS = (
    Mutant("numbers_users_and_items", building(without_node_ids), "item has no node_id"),
    Mutant(
        "has_edges_in_their_type",
        building(with_small_edge_index),
        "edge_index of ('user', 'interacts', 'item') is torch.int32 [2, 60]",
    ),
    Mutant(
        "holds_no_edge_that_was_not_given",
        building(with_everything_liked_by_the_last),
        "16 of 76 edges of ('user', 'interacts', 'item') were not given",
    ),
    Mutant("holds_no_edge_that_was_not_given", building(with_every_edge_twice), "60 edges of"),
    Mutant("reverses_every_edge", building(with_one_way_edges), "7 edges stand in one direction alone"),
    Mutant("keeps_features_in_their_rows", building(with_features_upside_down), "x of item differs by up to"),
    Mutant("keeps_features_in_their_rows", building(with_made_up_features), "no features of it were given"),
    Mutant("same_seed_same_result", building(with_edges_dropped_at_random), "edge_index"),
    Mutant("leaves_its_input_alone", building(sorting_the_given_edges), "0.users differs in"),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_every_check_catches_something() -> None:
    assert_every_check_catches_something("graph", MUTANTS)


def test_a_builder_that_is_right_passes() -> None:
    assert failures(Right()) == []
