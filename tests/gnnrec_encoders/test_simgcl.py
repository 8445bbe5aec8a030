from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch
from random_graphs import BACKWARD, FORWARD, random_graph
from torch import Tensor

from gnnrec import UsageError
from gnnrec.graph.neighbor_sampling import NeighborSampler
from gnnrec_encoders.contrast import info_nce
from gnnrec_encoders.lightgcn import LightGCN
from gnnrec_encoders.simgcl import SimGCL
from gnnrec_encoders.simgcl_module import SimGCLModule, perturbed

GRAPH = random_graph((9, 8, 40, 1))
BATCH = SimpleNamespace(users=torch.tensor([3, 0, 3, 5]), items=torch.tensor([1, 1, 7, 2]))


def module_of(**fields: float) -> SimGCLModule:
    torch.manual_seed(0)
    module = SimGCL(channels=6, **fields).build(GRAPH)
    assert isinstance(module, SimGCLModule)
    return module


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_info_nce_of_three_nodes_by_hand() -> None:
    first = torch.tensor([[2.0, 0.0], [0.0, 3.0], [1.0, 1.0]])
    second = torch.tensor([[1.0, 0.0], [5.0, 0.0], [0.0, 0.5]])
    half = 0.5**0.5
    cosines = [[1, 1, 0], [0, 0, 1], [half, half, half]]
    expected = [
        -math.log(math.exp(row[i] / 0.5) / sum(math.exp(cosine / 0.5) for cosine in row))
        for i, row in enumerate(cosines)
    ]
    assert info_nce(first, second, 0.5).item() == pytest.approx(sum(expected) / 3, rel=1e-6)


def test_noise_has_length_eps_and_the_signs_of_the_embedding() -> None:
    table = torch.randn(50, 6, generator=generator(1))
    noise = perturbed(table, 0.3, generator()) - table
    torch.testing.assert_close(noise.norm(dim=1), torch.full((50,), 0.3))
    assert (noise.sign() * table.sign() >= 0).all()
    assert len(torch.unique(noise.abs()[:, 0])) == 50
    assert not perturbed(torch.zeros(2, 6), 0.3, generator()).any(), "a zero has no sign"


@pytest.mark.parametrize("layers", [1, 3])
def test_without_noise_it_is_lightgcn_without_layer_0(layers: int) -> None:
    module = module_of(layers=layers)
    torch.manual_seed(0)
    lightgcn = LightGCN(channels=6, layers=layers).build(GRAPH)
    initial = lightgcn.initial_embeddings(GRAPH)
    for got, mean, first in zip(module(GRAPH), lightgcn(GRAPH), initial.values(), strict=True):
        torch.testing.assert_close(got, (mean * (layers + 1) - first) / layers)


def test_the_auxiliary_loss_is_that_of_two_views_of_each_user_and_item_once() -> None:
    module = module_of(layers=1, eps=0.2, temperature=0.5, contrast=3.0)
    noise = generator()
    views: list[tuple[Tensor, Tensor]] = []
    for _ in range(2):
        user, item = module.propagate_layer(GRAPH, 0, module.initial_embeddings(GRAPH)).values()
        views.append((perturbed(user, 0.2, noise), perturbed(item, 0.2, noise)))
    (user, item), (other_user, other_item) = views
    users, items = [0, 3, 5], [1, 2, 7]
    expected = 3 * (info_nce(user[users], other_user[users], 0.5) + info_nce(item[items], other_item[items], 0.5))
    torch.testing.assert_close(module.auxiliary_loss(GRAPH, BATCH, generator()), expected)


def test_noise_of_a_layer_goes_on_to_the_next() -> None:
    module = module_of(layers=2)
    tables = module.initial_embeddings(GRAPH)
    noise = generator()
    layers = []
    for layer in range(2):
        following = module.propagate_layer(GRAPH, layer, tables)
        tables = {kind: perturbed(table, 0.1, noise) for kind, table in following.items()}
        layers.append(tables["user"])
    torch.testing.assert_close(module.combined(module.layers(GRAPH, generator()))[0], (layers[0] + layers[1]) / 2)


def test_the_generator_alone_rules_the_noise() -> None:
    module = module_of()
    state = torch.get_rng_state()
    first, again, other = (module.auxiliary_loss(GRAPH, BATCH, generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_auxiliary_loss_has_finite_gradients_on_whole_and_sampled_graphs() -> None:
    seeds = {"user": torch.tensor([3, 0, 5]), "item": torch.tensor([1, 7, 2])}
    part = NeighborSampler(GRAPH, (2, 2)).sample(seeds, generator())
    local = SimpleNamespace(users=torch.tensor([0, 1, 0, 2]), items=torch.tensor([0, 0, 1, 2]))
    for graph, batch in ((GRAPH, BATCH), (part, local)):
        module = module_of()
        module.auxiliary_loss(graph, batch, generator()).backward()
        for name, parameter in module.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
            assert parameter.grad.any(), name


def test_a_graph_without_reverse_edges_is_refused() -> None:
    graph = random_graph((9, 8, 40, 1))
    del graph[BACKWARD]
    assert graph.edge_types == [FORWARD]
    with pytest.raises(UsageError, match=r"^simgcl propagates both ways; set graph.reverse: true$"):
        SimGCL().build(graph)
