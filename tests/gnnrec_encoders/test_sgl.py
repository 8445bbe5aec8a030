from __future__ import annotations

from types import SimpleNamespace

import torch
from dense_graphs import interactions_of, normalised_adjacency
from random_graphs import BACKWARD, FORWARD, random_graph, relational_graph

from gnnrec.graph.neighbor_sampling import NeighborSampler
from gnnrec_encoders.contrast import info_nce
from gnnrec_encoders.sgl import SGL
from gnnrec_encoders.sgl_module import without_some

GRAPH = random_graph((9, 8, 40, 1))
BATCH = SimpleNamespace(users=torch.tensor([3, 0, 3, 5]), items=torch.tensor([1, 1, 7, 2]))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_view_lacks_an_interaction_both_ways_whatever_the_order_of_edges() -> None:
    graph = relational_graph((40, 30, 400, 1))
    shuffled = graph.clone()
    for edge_type in (FORWARD, BACKWARD):
        order = torch.randperm(400, generator=generator(1))
        shuffled[edge_type].edge_index = graph[edge_type].edge_index[:, order]
        shuffled[edge_type].edge_weight = graph[edge_type].edge_weight[order]
    there, other = (without_some(each, 0.25, generator()) for each in (graph, shuffled))
    weighed = [
        sorted((*ends, weight) for *ends, weight in zip(*pairs.tolist(), edges.edge_weight.tolist(), strict=True))
        for edges, pairs in (
            (there[FORWARD], there[FORWARD].edge_index),
            (there[BACKWARD], there[BACKWARD].edge_index.flip(0)),
            (other[FORWARD], other[FORWARD].edge_index),
        )
    ]
    assert weighed[0] == weighed[1] == weighed[2]
    assert 260 < len(weighed[0]) < 340
    pairs = {tuple(ends) for *ends, _ in weighed[0]}
    gone = {pair for pair in zip(*graph[FORWARD].edge_index.tolist(), strict=True) if pair not in pairs}
    assert len(gone) + len(pairs) == len(set(zip(*graph[FORWARD].edge_index.tolist(), strict=True)))


def test_the_loss_is_that_of_lightgcn_over_two_views_with_degrees_of_their_own() -> None:
    torch.manual_seed(0)
    module = SGL(channels=6, layers=2, edge_dropout=0.4, temperature=0.5, contrast=3.0).build(GRAPH)
    drops, views = generator(), []
    for _ in range(2):
        adjacency = normalised_adjacency(interactions_of(without_some(GRAPH, 0.4, drops)))
        layer = torch.cat([*module.initial_embeddings(GRAPH).values()])
        views.append((layer + adjacency @ layer + adjacency @ adjacency @ layer) / 3)
    users, items = torch.tensor([0, 3, 5]), 9 + torch.tensor([1, 2, 7])
    expected = 3 * sum(info_nce(views[0][rows], views[1][rows], 0.5) for rows in (users, items))
    loss = module.auxiliary_loss(GRAPH, BATCH, generator())
    torch.testing.assert_close(loss, expected)
    assert not torch.equal(loss, module.auxiliary_loss(GRAPH, BATCH, generator(1)))


def test_it_learns_from_views_of_a_sampled_graph() -> None:
    module = SGL(channels=6).build(GRAPH)
    seeds = {"user": torch.tensor([3, 0, 5]), "item": torch.tensor([1, 7, 2])}
    local = SimpleNamespace(users=torch.tensor([0, 1, 0, 2]), items=torch.tensor([0, 0, 1, 2]))
    part = NeighborSampler(GRAPH, (2, 2)).sample(seeds, generator())
    module.auxiliary_loss(part, local, generator()).backward()
    assert all(parameter.grad.isfinite().all() and parameter.grad.any() for parameter in module.parameters())
