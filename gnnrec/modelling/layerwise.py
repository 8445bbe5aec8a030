"""Inference layer by layer, in blocks of nodes: what a large graph needs beyond its tables is bounded by the block.

A node's next embedding depends on its neighbours' present ones alone. So each layer is computed for some targets at a
time from the subgraph of all their incoming edges, and no edge is propagated over more than once per layer (Hamilton
et al. 2017, Algorithm 1, and not the growing neighbourhoods of Algorithm 2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from gnnrec.contract.kinds import NODE_TYPES
from gnnrec.graph.neighbor_sampling import NeighborSampler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn
    from torch_geometric.data import HeteroData

BLOCK_EDGES = 2**22
"""Edges, of all types together, that are propagated over at once."""

LAYERED = ("initial_embeddings", "propagate_layer", "num_layers")
"""What a module must have (see `Encoder.build`)."""


def encode(module: nn.Module, graph: HeteroData, block_edges: int = BLOCK_EDGES) -> tuple[Tensor, Tensor]:
    """Embed every node of `graph`, without gradients: user [U, D], item [I, D].

    A graph of up to `block_edges` edges, or any graph where the module cannot go layer by layer, is given to the module
    whole. Otherwise the tables of all layers and the edges sorted by target stay, and beyond them only what one block
    needs: its edges, and a row for each of its nodes. A node with more edges than that is a block of its own.

    Args:
        module: See `Encoder.build`.
        graph: On the module's device.
        block_edges: The bound on the edges of a block; a target counts as one too.
    """
    num_edges = sum(graph[relation].edge_index.size(1) for relation in graph.edge_types)
    with torch.no_grad():
        if num_edges <= block_edges or not all(hasattr(module, name) for name in LAYERED):
            whole: tuple[Tensor, Tensor] = module(graph)
            return whole
        return _by_layer(module, graph, block_edges)


def _by_layer(module: Any, graph: HeteroData, block_edges: int) -> tuple[Tensor, Tensor]:
    sampler = NeighborSampler(graph, (-1,))
    combine = getattr(module, "combine_layers", None)
    layers: list[tuple[Tensor, Tensor]] = [module.initial_embeddings(graph)]
    for layer in range(module.num_layers):
        following = (_next(module, sampler, layer, layers[-1], place, block_edges) for place in range(len(NODE_TYPES)))
        user, item = following
        # Only a module that puts layers together has a use for the earlier ones.
        layers = [*layers, (user, item)] if combine is not None else [(user, item)]
    if combine is None:
        return layers[-1]
    users, items = zip(*layers, strict=True)
    return combine(users), combine(items)


def _next(
    module: Any, sampler: NeighborSampler, layer: int, tables: tuple[Tensor, Tensor], place: int, block_edges: int
) -> Tensor:
    """The next table of one node type: [N, D]."""
    table = torch.empty_like(tables[place])
    for start, end in _blocks(sampler, NODE_TYPES[place], block_edges):
        targets = torch.arange(start, end, device=table.device)
        drawn = sampler.draw({NODE_TYPES[place]: targets})
        user, item = (known[drawn.rows[kind]] for kind, known in zip(NODE_TYPES, tables, strict=True))
        table[start:end] = module.propagate_layer(sampler.subgraph(drawn), layer, user, item)[place][: end - start]
    return table


def _blocks(sampler: NeighborSampler, kind: str, block_edges: int) -> Iterator[tuple[int, int]]:
    """First row and the one after the last of each block."""
    weight = torch.ones(sampler.num_nodes[kind], dtype=torch.int64)
    for (_, _, target), incoming in sampler.incoming.items():
        if target == kind:
            weight += incoming.in_degree.cpu()
    until = weight.cumsum(0).numpy()
    start = 0
    while start < len(until):
        before = until[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(until, before + block_edges, side="right")))
        yield start, end
        start = end
