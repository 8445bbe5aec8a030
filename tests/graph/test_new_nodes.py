from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import GRAPHS, random_graph, relational_graph
from sampled_encoders import ENCODERS, built

from gnnrec.graph.new_nodes import around_new, look_up, mark, silence

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch_geometric.data import HeteroData

    from gnnrec import Encoder

KINDS = ("user", "item")


def test_a_new_node_is_looked_up_as_the_mean_of_the_others_whatever_its_id() -> None:
    graph = random_graph((3, 1, 2, 0))
    graph["user"].node_id = torch.tensor([1, 99, 0])
    graph["user"].is_new = torch.tensor([False, True, False])
    table = torch.tensor([[1.0], [4.0], [100.0]])
    assert look_up(table, graph["user"]).tolist() == [[4.0], [2.5], [1.0]]
    assert look_up(table, graph["item"]).tolist() == [[1.0]]


def extended(graph: HeteroData, new: dict[str, int], seed: int) -> HeteroData:
    """The graph with some nodes more, which are new, and random edges of every type that lead to and from them."""
    generator = torch.Generator().manual_seed(seed)
    wider = graph.clone()
    for kind, count in new.items():
        wider[kind].node_id = torch.cat([graph[kind].node_id, torch.full((count,), 10**6)])
        if "x" in graph[kind]:
            wider[kind].x = torch.cat([graph[kind].x, torch.randn(count, graph[kind].x.size(1), generator=generator)])
    for edge_type in graph.edge_types:
        source, name, target = edge_type
        if name.startswith("rev_"):
            continue
        count = 6
        more = torch.stack(
            [torch.randint(wider[kind].num_nodes, (count,), generator=generator) for kind in (source, target)]
        )
        touches = torch.zeros(count, dtype=torch.bool)
        for kind, ends in ((source, more[0]), (target, more[1])):
            touches |= ends >= graph[kind].num_nodes
        for each, ends in ((edge_type, more[:, touches]), ((target, f"rev_{name}", source), more[:, touches].flip(0))):
            wider[each].edge_index = torch.cat([graph[each].edge_index, ends], dim=1)
            if "edge_weight" in graph[each]:
                wider[each].edge_weight = torch.cat([graph[each].edge_weight, torch.ones(ends.size(1)) * 0.7])
    added = {kind: torch.arange(wider[kind].num_nodes) >= graph[kind].num_nodes for kind in KINDS}
    silence(wider, added)
    mark(wider, added)
    return wider


@given(
    shape=GRAPHS,
    encoder=st.sampled_from(ENCODERS),
    made=st.sampled_from((random_graph, relational_graph)),
    new=st.tuples(st.integers(0, 3), st.integers(0, 3)),
)
def test_nobody_is_moved_by_those_who_are_new(
    shape: tuple[int, int, int, int], encoder: Encoder, made: Callable[..., HeteroData], new: tuple[int, int]
) -> None:
    graph = made(shape)
    module = built(encoder, graph)
    wider = extended(graph, dict(zip(KINDS, new, strict=True)), shape[3])
    for got, expected in zip(module(wider), module(graph), strict=True):
        torch.testing.assert_close(got[: len(expected)], expected, rtol=1e-5, atol=1e-5)
        assert got.isfinite().all()


def test_messages_of_new_nodes_are_taken_out_with_what_their_edges_bear() -> None:
    graph = random_graph((3, 2, 0, 0))
    graph["user", "interacts", "item"].edge_index = torch.tensor([[0, 1, 2], [0, 0, 1]])
    graph["user", "interacts", "item"].edge_weight = torch.tensor([1.0, 2.0, 3.0])
    graph["item", "rev_interacts", "user"].edge_index = torch.tensor([[0, 0, 1], [0, 1, 2]])
    graph["item", "rev_interacts", "user"].edge_weight = torch.tensor([1.0, 2.0, 3.0])
    silence(graph, {"user": torch.tensor([False, True, False])})
    assert graph["user", "interacts", "item"].edge_index.tolist() == [[0, 2], [0, 1]]
    assert graph["user", "interacts", "item"].edge_weight.tolist() == [1, 3]
    assert "source_degree" not in graph["user", "interacts", "item"]
    heard = graph["item", "rev_interacts", "user"]
    assert heard.edge_index.tolist() == [[0, 0, 1], [0, 1, 2]], "they receive"
    assert heard.source_degree.tolist() == [1, 3], "as if user 1 were not there"
    assert heard.target_degree.tolist() == [1, 2, 3]
    mark(graph, {"user": torch.tensor([False, True, False]), "item": torch.tensor([False, False])})
    assert graph["user"].is_new.tolist() == [False, True, False]
    assert "is_new" not in graph["item"]


def test_a_source_that_only_new_nodes_hear_from_has_their_degree() -> None:
    graph = random_graph((2, 1, 0, 0))
    graph["item", "rev_interacts", "user"].edge_index = torch.tensor([[0, 0], [0, 1]])
    silence(graph, {"user": torch.tensor([True, True])})
    assert graph["item", "rev_interacts", "user"].source_degree.tolist() == [2]


@pytest.mark.parametrize("kind", KINDS)
def test_around_new_nodes_there_are_their_incoming_edges_and_no_others(kind: str) -> None:
    graph = relational_graph((5, 6, 30, 0))
    wider = extended(graph, {kind: 2}, 0)
    first = graph[kind].num_nodes
    part, rows = around_new(wider, kind, first)
    assert rows[kind][:2].tolist() == [first, first + 1]
    for edge_type in wider.edge_types:
        whole, some = wider[edge_type], part[edge_type]
        chosen = (whole.edge_index[1] >= first) & (edge_type[2] == kind)
        assert int(chosen.sum()) == some.edge_index.size(1)
        named = torch.stack([rows[edge_type[0]][some.edge_index[0]], rows[edge_type[2]][some.edge_index[1]]])
        assert torch.equal(named, whole.edge_index[:, chosen])
        if "edge_weight" in whole:
            assert torch.equal(some.edge_weight, whole.edge_weight[chosen])
        if "source_degree" in whole:
            assert torch.equal(some.source_degree, whole.source_degree[rows[edge_type[0]]])
