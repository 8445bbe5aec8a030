from __future__ import annotations

import torch
from dense_graphs import interactions_of, normalised_adjacency
from random_graphs import random_graph
from torch.nn.functional import normalize

from gnnrec_encoders.ngcf import NGCF

GRAPH = random_graph((9, 8, 40, 1))


def test_it_is_the_papers_matrix_form_over_the_laplacian() -> None:
    torch.manual_seed(0)
    module = NGCF(channels=6, layers=2).build(GRAPH).eval()
    laplacian = normalised_adjacency(interactions_of(GRAPH))
    layer = torch.cat([*module.initial_embeddings(GRAPH).values()])
    beside = [layer]
    for sums, products in zip(module.sums, module.products, strict=True):
        passed = (laplacian + torch.eye(17)) @ layer @ sums.weight.T + sums.bias
        passed = passed + (laplacian @ layer * layer) @ products.weight.T + products.bias
        layer = torch.where(passed > 0, passed, 0.2 * passed)
        beside.append(normalize(layer))
    torch.testing.assert_close(torch.cat(module(GRAPH)), torch.cat(beside, dim=1))


def test_numbers_of_a_layer_are_dropped_in_training_alone() -> None:
    torch.manual_seed(0)
    module = NGCF(channels=6, layers=1, dropout=0.5).build(GRAPH)
    trained, used = torch.cat(module(GRAPH)), torch.cat(module.eval()(GRAPH))
    assert 20 < int((trained[:, 6:] == 0).sum()) < 82
    assert torch.equal(trained[:, :6], used[:, :6])
    assert used[:, 6:].all()
