from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch_geometric.data import HeteroData
from torch_geometric.nn import HeteroConv, SAGEConv
from toys import interactions

from gnnrec import FeatureBlock, Observed, UsageError
from gnnrec.testing import checkerboard
from gnnrec_encoders.hetero_sage import HeteroSAGE
from gnnrec_encoders.hetero_sage_module import neighbour_maximum
from gnnrec_graphs.bipartite import Bipartite
from gnnrec_losses.functional import bce

FORWARD, BACKWARD = ("user", "interacts", "item"), ("item", "rev_interacts", "user")
SPARSE = [(0, 0), (0, 3), (1, 1), (2, 1), (2, 4), (3, 5), (4, 6)]
"""Five users and eight items; item 2 and item 7 have no edges."""


def features(count: int, width: int) -> FeatureBlock:
    values = torch.randn(count, width, generator=torch.Generator().manual_seed(count))
    return FeatureBlock(values.numpy(), tuple(map(str, range(width))))


def graph_of(*, reverse: bool = True, user_features: bool = False) -> HeteroData:
    data = interactions(SPARSE, 5, 8)
    blocks = {"item": features(8, 3)} | ({"user": features(5, 2)} if user_features else {})
    return Bipartite(reverse=reverse).build(Observed(data.edges, features=blocks))


def module_of(graph: HeteroData, encoder: HeteroSAGE | None = None) -> torch.nn.Module:
    torch.manual_seed(0)
    return (encoder or HeteroSAGE(channels=6, layers=2)).build(graph)


def by_torch_geometric(module: torch.nn.Module, graph: HeteroData, aggregation: str = "mean") -> dict[str, Tensor]:
    """The same weights in torch_geometric's layers."""
    hidden = {kind: module.initial.ids[kind].weight[graph[kind].node_id] for kind in ("user", "item")}
    hidden["item"] = hidden["item"] + module.initial.features["item"](graph["item"].x)
    edges = {relation: graph[relation].edge_index for relation in (FORWARD, BACKWARD)}
    for depth, layer in enumerate(module.layers):
        convolutions = {relation: SAGEConv((6, 6), 6, aggr=aggregation) for relation in (FORWARD, BACKWARD)}
        for relation, convolution in convolutions.items():
            own, ours = layer.own[relation[2]], layer.convolutions["__".join(relation)]
            weights = {"lin_l.weight": ours.linear.weight, "lin_l.bias": own.bias, "lin_r.weight": own.weight}
            convolution.load_state_dict(weights)
        hidden = HeteroConv(convolutions)(
            {kind: value.relu() if depth else value for kind, value in hidden.items()}, edges
        )
    return hidden


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_it_equals_torch_geometric_with_the_same_weights(layers: int) -> None:
    graph = graph_of()
    module = module_of(graph, HeteroSAGE(channels=6, layers=layers))
    user, item = module(graph)
    expected = by_torch_geometric(module, graph)
    torch.testing.assert_close(user, expected["user"])
    torch.testing.assert_close(item, expected["item"])


@pytest.mark.parametrize("aggregation", ["max", "sum"])
def test_other_aggregations_equal_torch_geometric_with_the_same_weights(aggregation: str) -> None:
    graph = graph_of()
    module = module_of(graph, HeteroSAGE(channels=6, aggregation=aggregation))
    expected = by_torch_geometric(module, graph, aggregation)
    for kind, got in zip(("user", "item"), module(graph), strict=True):
        torch.testing.assert_close(got, expected[kind])


def test_a_maximum_is_of_weighed_neighbours() -> None:
    edges = HeteroData()[FORWARD]
    edges.edge_index, edges.edge_weight = torch.tensor([[0, 1, 2], [0, 0, 2]]), torch.tensor([2.0, 1.0, 0.5])
    source = torch.tensor([[1.0, -1.0], [1.5, -4.0], [-8.0, 2.0]])
    assert neighbour_maximum(source, edges, 3).tolist() == [[2.0, -2.0], [0.0, 0.0], [-4.0, 1.0]]


def test_the_order_of_edges_does_not_matter() -> None:
    graph, shuffled = graph_of(), graph_of()
    module = module_of(graph)
    for relation in (FORWARD, BACKWARD):
        shuffled[relation].edge_index = graph[relation].edge_index[:, [4, 0, 6, 2, 5, 1, 3]]
    for one, other in zip(module(graph), module(shuffled), strict=True):
        torch.testing.assert_close(one, other)


def test_without_reverse_edges_users_keep_their_own_part_alone() -> None:
    graph = graph_of(reverse=False)
    module = module_of(graph)
    user, _ = module(graph)
    first, second = (layer.own["user"] for layer in module.layers)
    torch.testing.assert_close(user, second(first(module.initial.ids["user"].weight).relu()))
    other = graph_of(reverse=False)
    other[FORWARD].edge_index = other[FORWARD].edge_index[:, :1]
    assert torch.equal(module(other)[0], user)
    assert not torch.equal(module(other)[1], module(graph)[1])


def test_without_features_x_is_not_looked_at() -> None:
    graph = graph_of()
    module = module_of(graph, HeteroSAGE(channels=6, features=False))
    before = module(graph)
    graph["item"].x = graph["item"].x + 1
    assert torch.equal(module(graph)[1], before[1])
    assert not [name for name, _ in module.named_parameters() if name.startswith("features")]


def test_without_id_embeddings_nodes_with_the_same_features_and_neighbours_are_the_same() -> None:
    graph = graph_of(user_features=True)
    graph["item"].x[2] = graph["item"].x[7]
    user, item = module_of(graph, HeteroSAGE(channels=6, id_embeddings=False))(graph)
    assert user.shape == (5, 6)
    torch.testing.assert_close(item[2], item[7])
    with_embeddings = module_of(graph)(graph)[1]
    assert not torch.allclose(with_embeddings[2], with_embeddings[7])


@pytest.mark.parametrize(
    ("encoder", "bare"),
    [
        (HeteroSAGE(id_embeddings=False), "user"),
        (HeteroSAGE(id_embeddings=False, features=False), "user and item"),
    ],
)
def test_a_node_type_with_neither_features_nor_id_embeddings_is_refused(encoder: HeteroSAGE, bare: str) -> None:
    with pytest.raises(UsageError) as error:
        encoder.build(graph_of())
    assert str(error.value) == (
        f"hetero_sage: {bare} nodes have neither features nor id embeddings; give them features "
        "(features.user), or id embeddings"
    )


def test_without_interactions_an_item_that_nobody_took_is_embedded_like_one_that_somebody_took() -> None:
    encoder, graph = HeteroSAGE(channels=6, without=("interacts",), id_types=("user",)), graph_of()
    graph["item"].x[2] = graph["item"].x[0]  # nobody took item 2
    user, item = module_of(graph, encoder)(graph)
    torch.testing.assert_close(item[2], item[0])
    assert not torch.allclose(user[0], user[1])
    assert encoder.unread(graph.edge_types) == (FORWARD,)
    del graph[FORWARD]  # as the framework does
    for got, expected in zip(
        module_of(graph, HeteroSAGE(channels=6, id_types=("user",)))(graph), (user, item), strict=True
    ):
        torch.testing.assert_close(got, expected)


def test_edges_that_are_not_there_cannot_be_left_out() -> None:
    with pytest.raises(UsageError) as error:
        HeteroSAGE(without=("interact",)).unread(graph_of().edge_types)
    assert str(error.value) == "encoder.without: the graph has no edges 'interact'; did you mean 'interacts'?"


def part_of(graph: HeteroData, nodes: dict[str, list[int]], targets: dict[str, set[int]]) -> HeteroData:
    """The subgraph of some nodes, in that order, with all edges that end in `targets`."""
    part = HeteroData()
    for kind, ids in nodes.items():
        part[kind].node_id = torch.tensor(ids)
        if "x" in graph[kind]:
            part[kind].x = graph[kind].x[ids]
    for relation in graph.edge_types:
        kept = [pair for pair in graph[relation].edge_index.T.tolist() if pair[1] in targets[relation[2]]]
        ends = [[nodes[relation[0]].index(source), nodes[relation[2]].index(target)] for source, target in kept]
        part[relation].edge_index = torch.tensor(ends, dtype=torch.int64).reshape(-1, 2).T
    return part


def test_a_subgraph_with_full_fan_out_gives_the_seeds_what_the_whole_graph_gives() -> None:
    graph = graph_of()
    module = module_of(graph)
    # Two hops from user 2: items 1 and 4, then user 1. Edges that end beyond the first hop are not needed.
    part = part_of(graph, {"user": [2, 1], "item": [4, 1]}, {"user": {2}, "item": {1, 4}})
    assert part[FORWARD].edge_index.tolist() == [[1, 0, 0], [1, 1, 0]]
    torch.testing.assert_close(module(part)[0][0], module(graph)[0][2])


def test_the_whole_graph_in_another_order_gives_the_same_in_that_order() -> None:
    graph = graph_of()
    module = module_of(graph)
    nodes = {"user": [3, 0, 4, 1, 2], "item": [7, 6, 0, 2, 1, 5, 4, 3]}
    other = part_of(graph, nodes, {kind: set(ids) for kind, ids in nodes.items()})
    for kind, got, expected in zip(("user", "item"), module(other), module(graph), strict=True):
        torch.testing.assert_close(got, expected[nodes[kind]])


@pytest.mark.parametrize("reverse", [True, False])
def test_every_parameter_gets_a_finite_gradient_that_is_not_zero(reverse: bool) -> None:
    data = checkerboard()
    graph = Bipartite(reverse=reverse).build(Observed(data.edges, features={"item": features(16, 3)}))
    module = module_of(graph)
    user, item = module(graph)
    scores = user @ item.T
    bce(scores[0, ::2], scores[1:2, ::2].T).backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name


def test_a_pass_changes_no_weight_and_no_feature() -> None:
    graph = graph_of(user_features=True)
    module = module_of(graph)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    x = graph["item"].x.clone()
    first, second = module(graph), module(graph)
    assert torch.equal(first[0], second[0])
    assert torch.equal(graph["item"].x, x)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
