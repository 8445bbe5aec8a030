"""What every encoder that looks at neighbours must keep on sampled subgraphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import GRAPHS, random_graph, relational_graph, some_of
from sampled_encoders import ENCODERS, built

from gnnrec.graph.neighbor_sampling import NeighborSampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor
    from torch_geometric.data import HeteroData

    from gnnrec import Encoder


MADE = st.sampled_from((random_graph, relational_graph))


@given(shape=GRAPHS, encoder=st.sampled_from(ENCODERS), made=MADE)
def test_with_full_fan_outs_the_seeds_get_what_the_whole_graph_gives(
    shape: tuple[int, int, int, int], encoder: Encoder, made: Callable[..., HeteroData]
) -> None:
    graph = made(shape)
    module = built(encoder, graph)
    seeds = {kind: some_of(graph[kind].num_nodes, shape[3]) for kind in ("user", "item")}
    hops = encoder.hops
    assert hops is not None
    part = NeighborSampler(graph, (-1,) * max(1, hops)).sample(seeds)
    for kind, got, whole in zip(("user", "item"), module(part), module(graph), strict=True):
        torch.testing.assert_close(got[: len(seeds[kind])], whole[seeds[kind]], rtol=1e-5, atol=1e-5)


@given(shape=GRAPHS, encoder=st.sampled_from(ENCODERS), made=MADE)
def test_without_the_edges_of_a_batch_degrees_are_those_of_a_graph_without_them(
    shape: tuple[int, int, int, int], encoder: Encoder, made: Callable[..., HeteroData]
) -> None:
    graph = made(shape)
    module = built(encoder, graph)
    users, items = graph["user", "interacts", "item"].edge_index[:, :3]
    bare = graph.clone()
    for edge_type in bare.edge_types:
        if {edge_type[0], edge_type[2]} == {"user", "item"}:
            ends = bare[edge_type].edge_index if edge_type[0] == "user" else bare[edge_type].edge_index.flip(0)
            pairs = set(zip(users.tolist(), items.tolist(), strict=True))
            kept = torch.tensor([pair not in pairs for pair in zip(*ends.tolist(), strict=True)], dtype=torch.bool)
            for name, values in bare[edge_type].items():
                bare[edge_type][name] = values[..., kept]
    seeds = {kind: some_of(graph[kind].num_nodes, shape[3]) for kind in ("user", "item")}
    part = NeighborSampler(graph, (-1,) * max(1, encoder.hops or 0)).sample(seeds, exclude=(users, items))
    for kind, got, whole in zip(("user", "item"), module(part), module(bare), strict=True):
        torch.testing.assert_close(got[: len(seeds[kind])], whole[seeds[kind]], rtol=1e-5, atol=1e-5)


@given(shape=GRAPHS, encoder=st.sampled_from(ENCODERS), made=MADE)
def test_layers_put_together_are_the_forward_pass_and_a_layer_changes_nothing_it_is_given(
    shape: tuple[int, int, int, int], encoder: Encoder, made: Callable[..., HeteroData]
) -> None:
    graph = made(shape)
    module = built(encoder, graph)
    assert module.num_layers == encoder.hops
    layers: list[dict[str, Tensor]] = [module.initial_embeddings(graph)]
    for layer in range(module.num_layers):
        given_ = {kind: table.detach().clone() for kind, table in layers[-1].items()}
        layers.append(module.propagate_layer(graph, layer, given_))
        assert all(torch.equal(table, layers[-2][kind]) for kind, table in given_.items())
    combine = getattr(module, "combine_layers", lambda tables: tables[-1])
    for kind, expected in zip(("user", "item"), module(graph), strict=True):
        assert torch.equal(combine([tables[kind] for tables in layers]), expected)


@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
def test_weights_learn_from_a_sampled_subgraph(encoder: Encoder) -> None:
    graph = random_graph((9, 9, 60, 1))
    module = built(encoder, graph)
    seeds = {kind: torch.tensor([3, 1]) for kind in ("user", "item")}
    part = NeighborSampler(graph, (2, 2, 2)).sample(seeds, torch.Generator().manual_seed(0))
    user, item = module(part)
    (user[:2] * item[:2]).sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
