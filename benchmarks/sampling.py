"""Neighbour sampling on a large random bipartite graph, against torch_geometric's compiled samplers if there are any.

The graph has 10 million edges; seeds are 1,024 users and 3,072 items, fan-outs 20 and 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch_geometric.data import HeteroData
from torch_geometric.sampler import NeighborSampler as CompiledSampler
from torch_geometric.sampler import NodeSamplerInput
from torch_geometric.typing import WITH_PYG_LIB, WITH_TORCH_SPARSE

from benchmarks.harness import OURS, Measurement, seconds_of, take_turns
from gnnrec.graph.neighbor_sampling import NeighborSampler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FAN_OUT = (20, 10)
SEEDS = {"user": 1_024, "item": 3_072}
EDGES, QUICK_EDGES = 10_000_000, 1_000_000

ROUNDS, WARM_UP = 9, 2


def random_graph(edges: int) -> HeteroData:
    """A bipartite graph with a tenth as many users and a twentieth as many items as edges, and its reverse edges."""
    generator = torch.Generator().manual_seed(0)
    counts = {"user": max(edges // 10, SEEDS["user"]), "item": max(edges // 20, SEEDS["item"])}
    graph = HeteroData()
    for kind, count in counts.items():
        graph[kind].node_id = torch.arange(count)
        graph[kind].num_nodes = count
    ends = [torch.randint(count, (edges,), generator=generator) for count in counts.values()]
    graph["user", "interacts", "item"].edge_index = torch.stack(ends)
    graph["item", "rev_interacts", "user"].edge_index = torch.stack(ends[::-1])
    return graph


def compiled(graph: HeteroData, seeds: dict[str, torch.Tensor]) -> Callable[[], int] | None:
    """Torch_geometric's sampler of the same neighbourhoods; None where neither of its libraries is installed."""
    if not (WITH_PYG_LIB or WITH_TORCH_SPARSE):
        return None
    sampler = CompiledSampler(graph, list(FAN_OUT))

    def sample() -> int:
        # It takes seeds of one type at a time.
        found = [sampler.sample_from_nodes(NodeSamplerInput(None, rows, None, kind)) for kind, rows in seeds.items()]
        return sum(len(row) for each in found for row in each.row.values())

    return sample


def measure(quick: bool) -> Iterator[Measurement]:
    """The time of a sampled edge."""
    graph = random_graph(QUICK_EDGES if quick else EDGES)
    generator = torch.Generator().manual_seed(1)
    seeds = {kind: torch.randperm(graph[kind].num_nodes, generator=generator)[:count] for kind, count in SEEDS.items()}
    sampler = NeighborSampler(graph, FAN_OUT)

    def ours() -> int:
        return sum(each.size(1) for each in sampler.sample(seeds, generator).edge_index_dict.values())

    def per_edge(sample: Callable[[], int]) -> Callable[[], float]:
        def each() -> float:
            edges: list[int] = []
            seconds = seconds_of(lambda: edges.append(sample()))()
            return seconds / edges[0]

        return each

    compiled_sample = compiled(graph, seeds)
    rivals = {OURS: ours} if compiled_sample is None else {OURS: ours, "compiled sampler": compiled_sample}
    samples = take_turns({name: per_edge(sample) for name, sample in rivals.items()}, ROUNDS, WARM_UP)
    note = "" if compiled_sample is not None else "no peer can run: neither pyg-lib nor torch-sparse is installed"
    yield Measurement.of(f"a sampled edge of {ours():,}", "ns", samples, per=1e-9, note=note)
