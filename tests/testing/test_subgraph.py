from __future__ import annotations

import numpy as np
import torch

from gnnrec import Edges
from gnnrec.testing import toy_graph
from gnnrec.testing.subgraph import neighbourhood, relabelled

TO_ITEM, TO_USER = ("user", "interacts", "item"), ("item", "rev_interacts", "user")

PATH = toy_graph(Edges(np.array([0, 1, 1, 2, 2]), np.array([0, 0, 1, 1, 2]), 4, 3), {})
"""u0 - i0 - u1 - i1 - u2 - i2, and u3 by itself."""


def test_a_neighbourhood_has_what_reaches_the_seeds_and_no_edge_into_its_rim() -> None:
    part, places = neighbourhood(PATH, {"user": torch.tensor([0]), "item": torch.tensor([2])}, 1, torch.Generator())
    users, items = part["user"].node_id, part["item"].node_id
    assert sorted(users.tolist()) == [0, 2]
    assert sorted(items.tolist()) == [0, 2]
    assert users[places["user"]].tolist() == [0]
    assert items[places["item"]].tolist() == [2]
    (from_item,), (to_user,) = part[TO_USER].edge_index
    assert (int(items[from_item]), int(users[to_user])) == (0, 0)
    (from_user,), (to_item,) = part[TO_ITEM].edge_index
    assert (int(users[from_user]), int(items[to_item])) == (2, 2)


def test_a_neighbourhood_bears_the_degrees_of_the_whole_graph() -> None:
    seeds = {"user": torch.tensor([1]), "item": torch.tensor([0])}
    part, _ = neighbourhood(PATH, seeds, 2, torch.Generator().manual_seed(3))
    degrees = {"user": torch.tensor([1, 2, 2, 0]), "item": torch.tensor([2, 2, 1])}
    for edge_type in (TO_ITEM, TO_USER):
        for side, node_type in (("source", edge_type[0]), ("target", edge_type[2])):
            borne = part[edge_type][f"{side}_degree"]
            assert borne.dtype == torch.int64
            assert borne.tolist() == degrees[node_type][part[node_type].node_id].tolist()


def test_more_hops_than_there_are_give_all_that_is_connected() -> None:
    part, _ = neighbourhood(PATH, {"user": torch.tensor([0]), "item": torch.tensor([2])}, 9, torch.Generator())
    assert sorted(part["user"].node_id.tolist()) == [0, 1, 2]
    assert part[TO_ITEM].edge_index.size(1) == part[TO_USER].edge_index.size(1) == 5


def test_nodes_in_another_place_take_their_edges_along() -> None:
    moved = relabelled(PATH, {"user": torch.tensor([3, 2, 1, 0]), "item": torch.tensor([1, 0])})
    assert moved["user"].node_id.tolist() == [3, 2, 1, 0]
    assert moved["item"].node_id.tolist() == [1, 0]
    assert moved[TO_ITEM].edge_index.tolist() == [[3, 2, 2, 1], [1, 1, 0, 0]]
