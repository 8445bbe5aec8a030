from __future__ import annotations

import torch
from dense_graphs import interactions_of, normalised_adjacency
from random_graphs import random_graph

from gnnrec_encoders.lightgcn import LightGCN

GRAPH = random_graph((9, 8, 40, 1))


def test_learned_weights_of_layers_begin_as_the_mean_and_are_a_softmax() -> None:
    mean, learned = LightGCN(channels=6, layers=2), LightGCN(channels=6, layers=2, layer_weights="learned")
    torch.manual_seed(0)
    expected = mean.build(GRAPH)(GRAPH)
    torch.manual_seed(0)
    module = learned.build(GRAPH)
    for got, wanted in zip(module(GRAPH), expected, strict=True):
        torch.testing.assert_close(got, wanted)

    module.layer_logits.data = torch.tensor([0.2, 0.5, 0.3]).log()
    adjacency = normalised_adjacency(interactions_of(GRAPH))
    layer = torch.cat([*module.initial_embeddings(GRAPH).values()])
    once = adjacency @ layer
    weighed = 0.2 * layer + 0.5 * once + 0.3 * adjacency @ once
    torch.testing.assert_close(torch.cat(module(GRAPH)), weighed)
    assert module.embed_rows(GRAPH, (torch.tensor([0]), torch.tensor([1]))) is None
