from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import BACKWARD, FORWARD, GRAPHS, random_graph, some_of
from torch.utils.data import DataLoader
from torch_geometric.data import HeteroData

from gnnrec import UsageError
from gnnrec.graph.neighbor_sampling import UNSEEN, NeighborSampler

PAIRS = [(0, 0), (0, 1), (0, 2), (1, 1), (2, 2), (2, 3), (3, 3), (3, 4)]
"""A path: user 0 to items 0, 1, 2; item 2 to user 2, item 3 to user 3, item 4."""


def graph_of(pairs: list[tuple[int, int]], num_users: int = 5, num_items: int = 6) -> HeteroData:
    graph = HeteroData()
    graph["user"].node_id = torch.arange(num_users) + 100
    graph["item"].node_id = torch.arange(num_items) + 200
    graph["item"].x = torch.arange(num_items)[:, None] * torch.ones(2)
    graph[FORWARD].edge_index = torch.tensor(pairs).T
    graph[BACKWARD].edge_index = torch.tensor(pairs).T.flip(0)
    return graph


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def edges_of(part: HeteroData, relation: tuple[str, str, str]) -> list[tuple[int, int]]:
    """The edges as pairs of ids."""
    sources, targets = part[relation].edge_index
    ids = part[relation[0]].node_id[sources], part[relation[2]].node_id[targets]
    return list(zip(ids[0].tolist(), ids[1].tolist(), strict=True))


def test_the_seeds_come_first_in_their_order_with_their_ids_and_features() -> None:
    part = NeighborSampler(graph_of(PAIRS), (2,)).sample(
        {"user": torch.tensor([3, 0]), "item": torch.tensor([5, 1])}, generator()
    )
    assert part["user"].node_id[:2].tolist() == [103, 100]
    assert part["item"].node_id[:2].tolist() == [205, 201]
    assert torch.equal(part["item"].x[:, 0], part["item"].node_id - 200.0)
    assert "x" not in part["user"]


def test_full_fan_outs_give_the_neighbourhood_hop_by_hop() -> None:
    part = NeighborSampler(graph_of(PAIRS), (-1, -1, -1)).sample({"user": torch.tensor([0])}, generator())
    assert part["user"].node_id.tolist() == [100, 101, 102]
    assert part["item"].node_id.tolist() == [200, 201, 202, 203]
    assert edges_of(part, BACKWARD) == [(200, 100), (201, 100), (202, 100), (201, 101), (202, 102), (203, 102)]
    assert edges_of(part, FORWARD) == [(100, 200), (100, 201), (101, 201), (100, 202), (102, 202)]


def test_degrees_are_those_of_the_whole_graph() -> None:
    part = NeighborSampler(graph_of(PAIRS), (1,)).sample(
        {"user": torch.tensor([0, 4]), "item": torch.tensor([2, 3])}, generator()
    )
    for relation in (FORWARD, BACKWARD):
        for side, kind in (("source_degree", relation[0]), ("target_degree", relation[2])):
            known = {100: 3, 101: 1, 102: 2, 103: 2, 104: 0, 200: 1, 201: 2, 202: 2, 203: 2, 204: 1, 205: 0}
            assert part[relation][side].tolist() == [known[node] for node in part[kind].node_id.tolist()]


def test_a_target_gets_no_more_edges_than_the_fan_out_and_none_twice() -> None:
    pairs = [(user, 0) for user in range(9)] + [(0, 1), (1, 1)]
    sampler = NeighborSampler(graph_of(pairs, 9, 3), (4,))
    for seed in range(20):
        drawn = edges_of(sampler.sample({"item": torch.tensor([1, 2, 0])}, generator(seed)), FORWARD)
        assert drawn[:2] == [(100, 201), (101, 201)]
        assert len(drawn) == len(set(drawn)) == 6
        assert {item for _, item in drawn[2:]} == {200}


def test_with_replacement_every_target_that_has_edges_gets_as_many_as_the_fan_out() -> None:
    pairs = [(user, 0) for user in range(9)] + [(0, 1), (1, 1)]
    sampler = NeighborSampler(graph_of(pairs, 9, 3), (4,), replace=True)
    counted: Counter[int] = Counter()
    for seed in range(300):
        drawn = edges_of(sampler.sample({"item": torch.tensor([1, 2, 0])}, generator(seed)), FORWARD)
        assert [item for _, item in drawn] == [201] * 4 + [200] * 4
        counted.update(user for user, item in drawn if item == 201)
    assert counted.keys() == {100, 101}
    assert abs(counted[100] - 600) < 4 * (1200 * 0.25) ** 0.5


@pytest.mark.parametrize("left_out", [False, True])
def test_every_subset_is_equally_likely(*, left_out: bool) -> None:
    degree, size, draws = 6, 3, 20_000
    num_users = degree + left_out
    pairs = [(user, item) for item in range(draws) for user in range(num_users)]
    sampler = NeighborSampler(graph_of(pairs, num_users, draws), (size,))
    exclude = (torch.full((draws,), 2), torch.arange(draws)) if left_out else None
    part = sampler.sample({"item": torch.arange(draws)}, generator(), exclude)
    users = torch.tensor([user for user, _ in edges_of(part, FORWARD)]).view(draws, size)
    counted = Counter(map(tuple, users.sort(dim=1).values.tolist()))
    assert len(counted) == 20
    assert not any(102 in subset for subset in counted if left_out)
    chi_squared = sum((count - draws / 20) ** 2 / (draws / 20) for count in counted.values())
    assert chi_squared < 43.8  # 19 degrees of freedom, 0.1 %


@given(shape=GRAPHS, hops=st.integers(1, 3), replace=st.booleans())
def test_left_out_pairs_are_gone_as_if_the_graph_did_not_have_them(
    shape: tuple[int, int, int, int], hops: int, *, replace: bool
) -> None:
    graph = random_graph(shape)
    users, items = graph[FORWARD].edge_index
    # Every third edge, one of them twice, and a pair that may be no edge.
    exclude = tuple(torch.cat([ends[::3], ends[:1], torch.zeros(1, dtype=torch.int64)]) for ends in (users, items))
    excluded = set(zip(*(ends.tolist() for ends in exclude), strict=True))
    kept = torch.tensor([pair not in excluded for pair in zip(users.tolist(), items.tolist(), strict=True)], dtype=bool)
    without = random_graph(shape)
    for relation in (FORWARD, BACKWARD):
        without[relation].edge_index = graph[relation].edge_index[:, kept]
    seeds = {kind: some_of(graph[kind].num_nodes, shape[3]) for kind in graph.node_types}
    for fan_out in (-1, 2):
        got = NeighborSampler(graph, (fan_out,) * hops, replace=replace).sample(seeds, generator(), exclude)
        same = NeighborSampler(without, (fan_out,) * hops, replace=replace).sample(seeds, generator())
        for relation in (FORWARD, BACKWARD):
            if fan_out == -1:
                assert torch.equal(got[relation].edge_index, same[relation].edge_index)
                assert torch.equal(got[relation].source_degree, same[relation].source_degree)
                assert torch.equal(got[relation].target_degree, same[relation].target_degree)
            there = set(edges_of(got, relation))
            assert there <= set(zip(*(graph_ids(without, relation)), strict=True))
            assert all(one <= two for one, two in pairwise(got[relation].edge_index[1].tolist()))


def graph_ids(graph: HeteroData, relation: tuple[str, str, str]) -> list[list[int]]:
    return [
        graph[kind].node_id[ends].tolist()
        for kind, ends in zip((relation[0], relation[2]), graph[relation].edge_index, strict=True)
    ]


def test_the_generator_alone_rules_what_is_drawn() -> None:
    graph = random_graph((9, 9, 60, 1))
    sampler = NeighborSampler(graph, (2, 2))
    seeds = {"user": torch.tensor([4, 2])}
    state = torch.get_rng_state()
    first, again, other = (sampler.sample(seeds, generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first[BACKWARD].edge_index, again[BACKWARD].edge_index)
    assert torch.equal(first["item"].node_id, again["item"].node_id)
    assert edges_of(first, BACKWARD) != edges_of(other, BACKWARD)


def test_threads_share_a_sampler() -> None:
    graph = random_graph((9, 9, 60, 1))
    sampler = NeighborSampler(graph, (2, 2))

    def draw(seed: int) -> list[tuple[int, int]]:
        return edges_of(sampler.sample({"user": torch.tensor([seed % 9])}, generator(seed)), BACKWARD)

    expected = [draw(seed) for seed in range(200)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(draw, range(200))) == expected
    for tables in sampler._resting.values():
        assert 1 <= len(tables) <= 4
        assert all((table == UNSEEN).all() for table in tables)


def test_workers_of_a_data_loader_share_a_sampler() -> None:
    sampler = NeighborSampler(random_graph((9, 9, 60, 1)), (2, 2))

    def draw(users: list[int]) -> HeteroData:
        return sampler.sample({"user": torch.tensor(users)}, generator(users[0]))

    here, there = (
        [edges_of(part, FORWARD) for part in DataLoader(range(9), 3, collate_fn=draw, num_workers=workers)]
        for workers in (0, 2)
    )
    assert here == there
    assert len(here) == 3


def test_a_graph_without_edges_gives_the_seeds_alone() -> None:
    part = NeighborSampler(random_graph((3, 4, 0, 0)), (5, 5)).sample(
        {"item": torch.tensor([3, 1])}, generator(), (torch.tensor([0]), torch.tensor([0]))
    )
    assert part["item"].num_nodes == 2
    assert part["user"].num_nodes == 0
    assert part[FORWARD].edge_index.shape == (2, 0)
    assert part[FORWARD].target_degree.tolist() == [0, 0]


@pytest.mark.parametrize("fan_out", [(), (3, -2)])
def test_a_fan_out_that_says_nothing_is_refused(fan_out: tuple[int, ...]) -> None:
    with pytest.raises(UsageError) as error:
        NeighborSampler(graph_of(PAIRS), fan_out)
    assert str(error.value) == (
        f"fan_out must hold a number of neighbours for each hop, -1 for all of them; got {list(fan_out)}"
    )


def test_seeds_that_are_not_unique_or_of_no_type_are_refused() -> None:
    sampler = NeighborSampler(graph_of(PAIRS), (2,))
    with pytest.raises(UsageError, match=r"^seeds must be unique; of 3 user seeds 2 are different$"):
        sampler.sample({"user": torch.tensor([1, 0, 1])})
    with pytest.raises(UsageError, match=r"^seeds are named by node type, user or item; got movie$"):
        sampler.sample({"movie": torch.tensor([1])})
    assert sampler.sample({"user": torch.tensor([1])}, generator())["item"].node_id.tolist() == [201]
