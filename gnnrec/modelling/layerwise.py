"""Inference layer by layer, in blocks of nodes: what a large graph needs beyond its tables is bounded by the block.

A node's next embedding depends on its neighbours' present ones alone. So each layer is computed for some targets at a
time from the subgraph of all their incoming edges, and no edge is propagated over more than once per layer (Hamilton
et al. 2017, Algorithm 1, and not the growing neighbourhoods of Algorithm 2).
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import Tensor

from gnnrec.errors import ContractError
from gnnrec.graph.neighbor_sampling import NeighborSampler

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import nn
    from torch_geometric.data import HeteroData

    Tables = Mapping[str, Tensor]
    """The embeddings of one layer by node type, [N, D] each; a name for annotations."""

WHOLE_EDGES = 2**22
"""Edges, of all types together, up to which a graph is encoded at once."""

BLOCK_CELLS = 2**22
"""Edges and targets of a block, times the channels of a layer."""

FLOATS_PER_EDGE = 32
"""What laying out an edge takes, as channels."""

LAYERED = ("initial_embeddings", "propagate_layer", "num_layers")
"""What a module must have (see `Encoder.build`)."""

LAYER_TAKES = ["graph", "layer", "tables"]
"""What `propagate_layer` is given."""


def encode(
    module: nn.Module, graph: HeteroData, whole_edges: int = WHOLE_EDGES, block_cells: int = BLOCK_CELLS
) -> tuple[Tensor, Tensor]:
    """Embed every node of `graph`, without gradients: user [U, D], item [I, D].

    A graph of up to `whole_edges` edges, or any graph where the module cannot go layer by layer, is given to the module
    whole. Otherwise a layer and the next stay, or all where the module combines them, and the edges sorted by target;
    beyond them only what one block needs: its edges, and a row for each of its nodes. A node with more edges than that
    is a block of its own.

    Args:
        module: See `Encoder.build`.
        graph: On the module's device.
        whole_edges: Edges that need no blocks.
        block_cells: The bound on a block: its edges and targets, times D and what an edge itself takes.
    """
    num_edges = sum(graph[relation].edge_index.size(1) for relation in graph.edge_types)
    with torch.no_grad():
        if num_edges <= whole_edges or not is_layered(module):
            whole: tuple[Tensor, Tensor] = module(graph)
            return whole
        # Only a module that puts layers together has a use for the earlier ones.
        layers: list[Tables] = []
        for tables in by_layer(module, graph, block_cells):
            layers = [*layers, tables] if hasattr(module, "combine_layers") else [tables]
        user, item = (_combined_in_blocks(module, layers, kind, block_cells) for kind in ("user", "item"))
        return user, item


def is_layered(module: nn.Module) -> bool:
    """Whether a module can go layer by layer."""
    return all(hasattr(module, name) for name in LAYERED)


def check_layers(module: nn.Module, name: str) -> None:
    """Hold what a module that can go layer by layer takes against what it is given.

    Raises:
        ContractError: It takes something else; the message shows both.
    """
    if is_layered(module):
        takes = list(inspect.signature(cast("Any", module).propagate_layer).parameters)
        if takes != LAYER_TAKES:
            got, wanted = (", ".join(each) for each in (takes, LAYER_TAKES))
            raise ContractError(
                f"encoder '{name}': propagate_layer({got}) is not what its kind asks for: propagate_layer({wanted}); "
                "how contracts have changed is in docs/stability.md"
            )


def by_layer(module: Any, graph: HeteroData, block_cells: int = BLOCK_CELLS) -> Iterator[Tables]:
    """The tables of each layer of a module that `is_layered`, from layer 0, in blocks of nodes."""
    sampler = NeighborSampler(graph, (-1,))
    tables: Tables = module.initial_embeddings(graph)
    yield tables
    for layer in range(module.num_layers):
        following: dict[str, Tensor] = {}
        for kind, table in tables.items():
            following[kind] = table[:0]
            for start, end in _blocks(sampler, kind, block_cells // (table.size(1) + FLOATS_PER_EDGE)):
                nodes = torch.arange(start, end, device=table.device)
                block = next_rows(module, sampler, layer, tables, kind, nodes)
                if block is None:
                    del following[kind]
                    break
                if not start:
                    following[kind] = block.new_empty(len(table), block.size(1))
                following[kind][start:end] = block
        tables = following
        yield tables


def next_rows(
    module: Any, sampler: NeighborSampler, layer: int, tables: Tables, kind: str, nodes: Tensor
) -> Tensor | None:
    """What a layer makes of some nodes of one type, int64 [n]: [n, D]; None where it makes nothing of that type.

    Args:
        module: One that `is_layered`.
        sampler: Gives all incoming edges of a node.
        layer: From 0.
        tables: Of the layer before, for all nodes of the sampler's graph.
        kind: The node type.
        nodes: Rows of the graph.
    """
    drawn = sampler.draw({kind: nodes})
    here = {each: table[drawn.rows[each]] for each, table in tables.items()}
    made: Tables = module.propagate_layer(sampler.subgraph(drawn), layer, here)
    return made[kind][: len(nodes)] if kind in made else None


def combined(module: Any, layers: Sequence[Tables], kind: str) -> Tensor:
    """The final table of one node type, from the tables of all layers."""
    combine = getattr(module, "combine_layers", None)
    if combine is None:
        return layers[-1][kind]
    together: Tensor = combine([tables[kind] for tables in layers])
    return together


def _combined_in_blocks(module: Any, layers: Sequence[Tables], kind: str, block_cells: int) -> Tensor:
    """The same, some rows at a time, in the place of the last of several layers where they are as wide."""
    tables = [each[kind] for each in layers]
    whole, last = len(tables[0]), tables[-1]
    rows = max(1, block_cells // sum(table.size(1) for table in tables))
    if len(tables) == 1 or rows >= whole:
        return combined(module, layers, kind)
    together: Tensor | None = None
    for start in range(0, whole, rows):
        block = combined(module, [{kind: table[start : start + rows]} for table in tables], kind)
        if together is None:
            together = last if block.shape[1:] == last.shape[1:] else block.new_empty(whole, block.size(1))
        together[start : start + rows] = block
    return last if together is None else together


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
