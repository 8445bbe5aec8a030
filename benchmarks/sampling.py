"""Neighbour sampling on a large random bipartite graph, against torch_geometric's compiled samplers if there are any.

    python -m benchmarks.sampling [--edges 10000000] [--repeats 9] [--json]

Seeds are 1,024 users and 3,072 items, fan-outs 20 and 10. Both samplers take turns, so that they see the same machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import TYPE_CHECKING, Any

import torch
from torch_geometric.data import HeteroData
from torch_geometric.sampler import NeighborSampler as CompiledSampler
from torch_geometric.sampler import NodeSamplerInput
from torch_geometric.typing import WITH_PYG_LIB, WITH_TORCH_SPARSE

from gnnrec.graph.neighbor_sampling import NeighborSampler

if TYPE_CHECKING:
    from collections.abc import Callable

FAN_OUT = (20, 10)
SEEDS = {"user": 1_024, "item": 3_072}
WARM_UP = 2


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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edges", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    graph = random_graph(arguments.edges)
    generator = torch.Generator().manual_seed(1)
    seeds = {kind: torch.randperm(graph[kind].num_nodes, generator=generator)[:count] for kind, count in SEEDS.items()}
    sampler = NeighborSampler(graph, FAN_OUT)

    def ours() -> int:
        return sum(each.size(1) for each in sampler.sample(seeds, generator).edge_index_dict.values())

    compiled_sample = compiled(graph, seeds)
    rivals = {"gnnrec": ours} if compiled_sample is None else {"gnnrec": ours, "compiled": compiled_sample}
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    edges: dict[str, int] = {}
    for _ in range(arguments.repeats + WARM_UP):
        for name, sample in rivals.items():
            started = time.perf_counter()
            edges[name] = sample()
            seconds[name].append(time.perf_counter() - started)
    result: dict[str, Any] = {
        name: {
            "edges": edges[name],
            "median_ms": round(statistics.median(times[WARM_UP:]) * 1e3, 1),
            "edges_per_second": round(edges[name] / statistics.median(times[WARM_UP:])),
        }
        for name, times in seconds.items()
    }
    if arguments.json:
        print(json.dumps({"graph_edges": arguments.edges, **result}))
        return
    for name, figures in result.items():
        rate = figures["edges_per_second"] / 1e6
        print(f"{name:10} {figures['edges']:9,} edges in {figures['median_ms']:7.1f} ms, {rate:5.2f} million a second")
    if "compiled" not in result:
        print("compiled   absent: neither pyg-lib nor torch-sparse is installed")


if __name__ == "__main__":
    main()
