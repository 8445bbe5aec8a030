from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch_geometric.loader import LinkLoader, NodeLoader
from torch_geometric.sampler import EdgeSamplerInput
from toys import checkerboard

from gnnrec import Observed, UsageError
from gnnrec.graph.link_sampling import LoaderSampler
from gnnrec.graph.neighbor_sampling import NeighborSampler
from gnnrec_graphs.bipartite import Bipartite

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

DATA = checkerboard()
LINK = ("user", "interacts", "item")
BACK = ("item", "rev_interacts", "user")


def graph_of_all() -> HeteroData:
    return Bipartite().build(Observed(DATA.edges))


def pairs(batch: HeteroData, relation: tuple[str, str, str], edge_index: torch.Tensor) -> set[tuple[int, int]]:
    """The edges of a batch as pairs of node ids of the whole graph."""
    sources, targets = batch[relation[0]].n_id[edge_index[0]], batch[relation[2]].n_id[edge_index[1]]
    return set(zip(sources.tolist(), targets.tolist(), strict=True))


@pytest.mark.parametrize("workers", [0, 1])
def test_a_link_loader_gives_every_link_once_and_never_as_a_message_edge(workers: int) -> None:
    graph = graph_of_all()
    sampler = LoaderSampler(NeighborSampler(graph, (3, 2)))
    loader = LinkLoader(
        graph, sampler, (LINK, graph[LINK].edge_index), batch_size=10, shuffle=True, num_workers=workers
    )
    known = set(zip(DATA.edges.users.tolist(), DATA.edges.items.tolist(), strict=True))
    seen: list[tuple[int, int]] = []
    for batch in loader:
        links = pairs(batch, LINK, batch[LINK].edge_label_index)
        forth = pairs(batch, LINK, batch[LINK].edge_index)
        back = {(user, item) for item, user in pairs(batch, BACK, batch[BACK].edge_index)}
        assert forth <= known - links
        assert back <= known - links
        # Edge ids are those of the whole graph.
        ends = graph[LINK].edge_index[:, batch[LINK].e_id]
        assert set(zip(*ends.tolist(), strict=True)) == forth
        assert batch["user"].num_sampled_nodes[0] == len({user for user, _ in links})
        assert sum(batch["user"].num_sampled_nodes) == batch["user"].num_nodes
        assert sum(batch[LINK].num_sampled_edges) == batch[LINK].edge_index.size(1)
        seen += links
    assert sorted(seen) == sorted(known)


def test_a_link_loader_may_ask_for_negatives() -> None:
    graph = graph_of_all()
    sampler = LoaderSampler(NeighborSampler(graph, (-1, -1)))
    loader = LinkLoader(
        graph, sampler, (LINK, graph[LINK].edge_index), batch_size=8, neg_sampling="binary", num_workers=0
    )
    batch = next(iter(loader))
    assert batch[LINK].edge_label.tolist() == [1.0] * 8 + [0.0] * 8
    links = pairs(batch, LINK, batch[LINK].edge_label_index[:, :8])
    assert links == set(zip(DATA.edges.users[:8].tolist(), DATA.edges.items[:8].tolist(), strict=True))


def test_a_node_loader_gives_neighbourhoods() -> None:
    graph = graph_of_all()
    loader = NodeLoader(graph, LoaderSampler(NeighborSampler(graph, (-1,))), "user", batch_size=1)
    for user, batch in enumerate(loader):
        assert batch["user"].n_id.tolist()[0] == user
        items = DATA.edges.items[DATA.edges.users == user]
        assert sorted(batch["item"].n_id.tolist()) == sorted(items.tolist())


def test_the_generator_decides() -> None:
    graph = graph_of_all()

    def items(seed: int) -> list[list[int]]:
        sampler = LoaderSampler(NeighborSampler(graph, (2, 2)), torch.Generator().manual_seed(seed))
        return [batch["item"].n_id.tolist() for batch in NodeLoader(graph, sampler, "user", batch_size=4)]

    assert items(0) == items(0) != items(1)


def test_links_of_other_nodes_are_refused() -> None:
    sampler = LoaderSampler(NeighborSampler(graph_of_all(), (2,)))
    ends = torch.tensor([0])
    with pytest.raises(UsageError) as error:
        sampler.sample_from_edges(EdgeSamplerInput(None, ends, ends, input_type=("user", "knows", "user")))
    assert str(error.value) == "links are between user and item; got ('user', 'knows', 'user')"
