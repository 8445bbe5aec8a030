from __future__ import annotations

from math import sqrt

import pytest
import torch
from pydantic import ValidationError
from random_graphs import BACKWARD, FORWARD, random_graph, relational_graph
from torch.nn.functional import gelu, leaky_relu

from gnnrec import UsageError
from gnnrec_encoders.hetero_gat import HeteroGAT
from gnnrec_encoders.hgt import HGT

GRAPH = random_graph((9, 8, 40, 1))
PAIRS = sorted(zip(*GRAPH[FORWARD].edge_index.tolist(), strict=True))
"""Users and items."""


def test_gat_attends_to_each_neighbour_by_the_papers_softmax() -> None:
    torch.manual_seed(0)
    module = HeteroGAT(channels=6, layers=1, heads=2).build(GRAPH)
    tables, layer = module.initial_embeddings(GRAPH), module.layers[0]
    attention = layer.convolutions["__".join(FORWARD)].attention
    sent, asked = tables["user"] @ attention.lin_l.weight.T, tables["item"] @ attention.lin_r.weight.T
    expected = layer.own["item"](tables["item"])
    for item in range(8):
        users = [user for user, other in PAIRS if other == item]
        for head in (slice(0, 3), slice(3, 6)):
            logits = leaky_relu(sent[users, head] + asked[item, head], 0.2) @ attention.att[0, head.start // 3]
            expected[item, head] += logits.softmax(0) @ sent[users, head]
    torch.testing.assert_close(module(GRAPH)[1], expected)


def test_gat_is_told_the_weights_of_edges() -> None:
    torch.manual_seed(0)
    graph = relational_graph((9, 8, 40, 1))
    module, other = HeteroGAT(channels=6, layers=1).build(graph), graph.clone()
    other[FORWARD].edge_weight = other[FORWARD].edge_weight.flip(0)
    assert not torch.allclose(module(graph)[1], module(other)[1])


def test_hgt_attends_by_maps_of_types_and_relations() -> None:
    torch.manual_seed(0)
    module = HGT(channels=6, layers=1, heads=2).build(GRAPH)
    tables, layer = module.initial_embeddings(GRAPH), module.layers[0]
    layer.p_rel["__".join(FORWARD)].data = torch.tensor([[0.5, 2.0]])
    user, item = (layer.kqv_lin.lins[kind](tables[kind]).view(-1, 3, 2, 3) for kind in ("user", "item"))
    relation = layer.edge_types.index(FORWARD)
    heard = torch.zeros(8, 6)
    for head in range(2):
        to_key, to_value = (maps.weight[head * 2 + relation] for maps in (layer.k_rel, layer.v_rel))
        keys, values = user[:, 0, head] @ to_key, user[:, 2, head] @ to_value
        for row in range(8):
            users = [one for one, other in PAIRS if other == row]
            logits = keys[users] @ item[row, 1, head] * (0.5, 2.0)[head] / sqrt(3)
            heard[row, head * 3 : head * 3 + 3] = logits.softmax(0) @ values[users]
    kept = layer.skip["item"].sigmoid()
    expected = kept * layer.out_lin.lins["item"](gelu(heard)) + (1 - kept) * tables["item"]
    torch.testing.assert_close(module(GRAPH)[1], expected)


@pytest.mark.parametrize("encoder", [HeteroGAT(channels=4), HGT(channels=4)], ids=str)
def test_gradients_reach_every_parameter_over_relations(encoder: HeteroGAT | HGT) -> None:
    graph = relational_graph((9, 8, 40, 1))
    for edge_type in graph.edge_types:
        if isinstance(encoder, HGT):
            graph[edge_type].pop("edge_weight", None)
    del graph["genre", "rev_has_genre", "item"], graph[BACKWARD]  # so that nothing ends in users, or starts in genres
    for edge_type in encoder.unread(graph.edge_types):
        del graph[edge_type]
    del graph["genre"]
    module = encoder.build(graph)
    torch.cat(module(graph)).square().sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_what_hgt_does_not_look_at_is_refused() -> None:
    with pytest.raises(UsageError) as error:
        HGT().build(relational_graph((9, 8, 40, 1)))
    assert str(error.value) == (
        "hgt does not look at weights, and user-interacts-item has some; set graph.weights: none, leave these edges "
        "out (encoder.without: [interacts]), or take hetero_gat"
    )


def test_channels_are_shared_among_heads_alike() -> None:
    with pytest.raises(ValidationError, match="heads: 64 channels cannot be shared among 3 heads alike"):
        HeteroGAT(heads=3)
