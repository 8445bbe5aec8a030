from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from pydantic import ValidationError
from random_graphs import random_graph
from torch.nn.functional import normalize

from gnnrec_encoders.simgcl import SimGCL
from gnnrec_encoders.simgcl_module import perturbed
from gnnrec_encoders.xsimgcl import XSimGCL

GRAPH = random_graph((9, 8, 40, 1))
BATCH = SimpleNamespace(users=torch.tensor([3, 0, 3, 5]), items=torch.tensor([1, 1, 7, 2]))


def test_the_loss_is_between_the_final_embeddings_and_a_layer_of_the_same_noisy_pass() -> None:
    torch.manual_seed(0)
    module = XSimGCL(channels=6, layers=2, eps=0.3, temperature=0.5, contrast=3.0, contrast_layer=2).build(GRAPH)
    noise, layers = torch.Generator().manual_seed(0), [module.initial_embeddings(GRAPH)]
    for layer in range(2):
        tables = module.propagate_layer(GRAPH, layer, layers[-1])
        layers.append({kind: perturbed(table, 0.3, noise) for kind, table in tables.items()})
    expected = torch.zeros(())
    for kind, rows in (("user", [0, 3, 5]), ("item", [1, 2, 7])):
        final, second = (layers[1][kind] + layers[2][kind])[rows] / 2, layers[2][kind][rows]
        likeness = (normalize(final) @ normalize(second).T / 0.5).exp()
        expected = expected - 3 * (likeness.diag() / likeness.sum(1)).log().mean()
    loss = module.auxiliary_loss(GRAPH, BATCH, torch.Generator().manual_seed(0))
    torch.testing.assert_close(loss, expected)
    loss.backward()
    assert all(parameter.grad.any() for parameter in module.parameters())


def test_it_answers_as_simgcl_does() -> None:
    torch.manual_seed(0)
    expected = SimGCL(channels=6).build(GRAPH)(GRAPH)
    torch.manual_seed(0)
    for got, wanted in zip(XSimGCL(channels=6).build(GRAPH)(GRAPH), expected, strict=True):
        assert torch.equal(got, wanted)


def test_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValidationError, match="contrast_layer: there are 2 layers; take one from 1 to 2"):
        XSimGCL(contrast_layer=3)
