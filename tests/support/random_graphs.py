"""Random graphs, for tests that hold on any graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from hypothesis import strategies as st
from torch_geometric.data import HeteroData

if TYPE_CHECKING:
    from torch import Tensor

FORWARD, BACKWARD = ("user", "interacts", "item"), ("item", "rev_interacts", "user")

GRAPHS = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 40), st.integers(0, 10**6))
"""Users, items, edges (parallel ones among them) and a seed."""


def random_graph(shape: tuple[int, int, int, int]) -> HeteroData:
    """A graph with reverse edges; ids are not rows, and items have features."""
    num_users, num_items, num_edges, seed = shape
    generator = torch.Generator().manual_seed(seed)
    users, items = (torch.randint(count, (num_edges,), generator=generator) for count in (num_users, num_items))
    graph = HeteroData()
    for kind, count in (("user", num_users), ("item", num_items)):
        graph[kind].node_id = torch.randperm(count, generator=generator)
    graph["item"].x = torch.randn(num_items, 3, generator=generator)
    graph[FORWARD].edge_index = torch.stack([users, items])
    graph[BACKWARD].edge_index = torch.stack([items, users])
    return graph


def relational_graph(shape: tuple[int, int, int, int]) -> HeteroData:
    """The same with weights, and a third node type: six edge types, reverses among them, one between items."""
    graph = random_graph(shape)
    num_users, num_items, num_edges, seed = shape
    generator = torch.Generator().manual_seed(seed + 1)
    counts = {"user": num_users, "item": num_items, "genre": 3}
    graph["genre"].node_id = torch.randperm(3, generator=generator)
    for source, name, target in (("item", "has_genre", "genre"), ("item", "like", "item")):
        ends = torch.stack(
            [torch.randint(counts[kind], (num_edges,), generator=generator) for kind in (source, target)]
        )
        graph[source, name, target].edge_index = ends
        graph[target, f"rev_{name}", source].edge_index = ends.flip(0)
    for edge_type in graph.edge_types:
        if "like" not in edge_type[1]:
            weight = torch.rand(num_edges, generator=torch.Generator().manual_seed(seed + 2)) + 0.1
            graph[edge_type].edge_weight = weight  # of an edge and of its reverse
    return graph


def some_of(count: int, seed: int) -> Tensor:
    """Up to half of the rows, in any order: int64."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))[: (count + 1) // 2]
