from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
import torch
from mutants import Mutant, assert_caught, assert_every_check_catches_something, changed, each, failures

from gnnrec import GraphBuilder
from gnnrec.testing import toy_graph

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch_geometric.data import HeteroData

    from gnnrec import Observed

TO_ITEM, TO_USER = ("user", "interacts", "item"), ("item", "rev_interacts", "user")


class Right(GraphBuilder):
    """What is asked for."""

    name: Literal["right"] = "right"

    def build(self, observed: Observed) -> HeteroData:
        return toy_graph(observed.edges, observed.features)


class Whole(Right):
    """What is asked for, with all that is known: behaviours, relations, and items that look alike."""

    name: Literal["whole"] = "whole"

    def build(self, observed: Observed) -> HeteroData:
        graph = super().build(observed)
        graph["genre"].node_id = torch.arange(observed.count("genre"))
        if "genre" in observed.features:
            graph["genre"].x = torch.from_numpy(observed.features["genre"].values)
        for relation in observed.relations:
            ends = torch.from_numpy(np.stack([relation.source, relation.target]))
            graph[relation.edge_type].edge_index = ends
            graph[relation.target_type, f"rev_{relation.name}", relation.source_type].edge_index = ends.flip(0)
        for name, edges in observed.behaviours.items():
            graph["user", name, "item"].edge_index = torch.from_numpy(np.stack([edges.users, edges.items]))
        graph["item", "looks_like", "item"].edge_index = torch.tensor([[0, 0], [1, 1]])
        return graph


def building(how: Callable[[HeteroData, Observed], None], right: type[Right] = Right) -> GraphBuilder:
    def build(self: Right, observed: Observed) -> HeteroData:
        graph = right.build(self, observed)
        how(graph, observed)
        return graph

    return changed(right, build=build)


def without_node_ids(graph: HeteroData, observed: Observed) -> None:  # noqa: ARG001 - here and below, as all of them
    del graph["item"]["node_id"]


def with_directors(graph: HeteroData, observed: Observed) -> None:  # noqa: ARG001
    graph["director"].node_id = torch.arange(3)


def with_a_weight_below_nothing(graph: HeteroData, observed: Observed) -> None:
    for edge_type in (TO_ITEM, TO_USER):
        graph[edge_type].edge_weight = torch.arange(len(observed.edges)) - 2.0


def with_weights_of_users(graph: HeteroData, observed: Observed) -> None:
    graph[TO_ITEM].edge_weight = torch.ones(observed.count("user"))


def with_weights_of_one_way(graph: HeteroData, observed: Observed) -> None:
    graph[TO_ITEM].edge_weight = torch.ones(len(observed.edges))


def with_genres_upside_down(graph: HeteroData, observed: Observed) -> None:
    if "genre" in observed.features:
        graph["genre"].x = torch.from_numpy(observed.features["genre"].values).flip(0)


def with_small_edge_index(graph: HeteroData, observed: Observed) -> None:  # noqa: ARG001
    graph[TO_ITEM].edge_index = graph[TO_ITEM].edge_index.int()


def with_everything_liked_by_the_last(graph: HeteroData, observed: Observed) -> None:
    ends = graph[TO_ITEM].edge_index
    users, items = (observed.count(kind) for kind in ("user", "item"))
    more = torch.stack([torch.full((items,), users - 1), torch.arange(items)])
    graph[TO_ITEM].edge_index = torch.cat([ends, more], dim=1)
    graph[TO_USER].edge_index = graph[TO_ITEM].edge_index.flip(0)


def with_every_edge_twice(graph: HeteroData, observed: Observed) -> None:  # noqa: ARG001
    for edge_type in (TO_ITEM, TO_USER):
        graph[edge_type].edge_index = graph[edge_type].edge_index.repeat(1, 2)


def with_one_way_edges(graph: HeteroData, observed: Observed) -> None:  # noqa: ARG001
    graph[TO_USER].edge_index = graph[TO_USER].edge_index[:, 7:]


def with_features_upside_down(graph: HeteroData, observed: Observed) -> None:  # noqa: ARG001
    if "x" in graph["item"]:
        graph["item"].x = graph["item"].x.flip(0)


def with_made_up_features(graph: HeteroData, observed: Observed) -> None:
    if "x" not in graph["user"]:
        graph["user"].x = torch.ones(observed.count("user"), 1)


def with_edges_dropped_at_random(graph: HeteroData, observed: Observed) -> None:
    kept = torch.rand(len(observed.edges)) < 0.8
    for edge_type in (TO_ITEM, TO_USER):
        graph[edge_type].edge_index = graph[edge_type].edge_index[:, kept]


def sorting_the_given_times(graph: HeteroData, observed: Observed) -> None:  # noqa: ARG001
    observed.edges.time.sort()


def with_views_for_interactions(graph: HeteroData, observed: Observed) -> None:
    views = observed.behaviours["view"]
    graph[TO_ITEM].edge_index = torch.from_numpy(np.unique(np.stack([views.users, views.items]), axis=1))
    graph[TO_USER].edge_index = graph[TO_ITEM].edge_index.flip(0)


def with_interactions_for_views(graph: HeteroData, observed: Observed) -> None:  # noqa: ARG001
    graph["user", "view", "item"].edge_index = graph[TO_ITEM].edge_index


def with_every_item_in_every_genre(graph: HeteroData, observed: Observed) -> None:
    every = torch.cartesian_prod(torch.arange(observed.count("genre")), torch.arange(observed.count("item"))).T
    graph["genre", "rev_has_genre", "item"].edge_index = every


MUTANTS = (
    Mutant("numbers_its_nodes", building(without_node_ids), "item has no node_id"),
    Mutant("numbers_its_nodes", building(with_directors), "node types ['user', 'item', 'director']"),
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
    Mutant(
        "holds_no_edge_that_was_not_given",
        building(with_views_for_interactions),
        "110 of 130 edges of ('user', 'interacts', 'item') were not given",
    ),
    Mutant(
        "holds_no_edge_that_was_not_given",
        building(with_interactions_for_views, Whole),
        "40 of 60 edges of ('user', 'view', 'item') were not given",
    ),
    Mutant(
        "holds_no_edge_that_was_not_given",
        building(with_every_item_in_every_genre, Whole),
        "27 of 48 edges of ('genre', 'rev_has_genre', 'item') were not given",
    ),
    Mutant("reverses_every_edge", building(with_one_way_edges), "7 edges stand in one direction alone"),
    Mutant("weighs_each_edge", building(with_a_weight_below_nothing), "2 weights of ('user', 'interacts', 'item')"),
    Mutant("weighs_each_edge", building(with_weights_of_users), "is torch.float32 [21], for 60 edges"),
    Mutant("weighs_each_edge", building(with_weights_of_one_way), "60 edges weigh more or less than their reverses"),
    Mutant("keeps_features_in_their_rows", building(with_genres_upside_down, Whole), "x of genre differs by up to"),
    Mutant("keeps_features_in_their_rows", building(with_features_upside_down), "x of item differs by up to"),
    Mutant("keeps_features_in_their_rows", building(with_made_up_features), "no features of it were given"),
    Mutant("same_seed_same_result", building(with_edges_dropped_at_random), "edge_index"),
    Mutant("leaves_its_input_alone", building(sorting_the_given_times), "edges.time differs in"),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_every_check_catches_something() -> None:
    assert_every_check_catches_something("graph", MUTANTS)


@pytest.mark.parametrize("builder", [Right(), Whole()], ids=repr)
def test_a_builder_that_is_right_passes(builder: GraphBuilder) -> None:
    assert failures(builder) == []
