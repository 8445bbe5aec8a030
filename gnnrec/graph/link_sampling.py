"""The neighbour sampler as torch_geometric's loaders drive it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch_geometric.sampler import (
    BaseSampler,
    EdgeSamplerInput,
    HeteroSamplerOutput,
    NegativeSampling,
    NodeSamplerInput,
)
from torch_geometric.sampler.neighbor_sampler import edge_sample, node_sample

from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Generator, Tensor

    from gnnrec.graph.neighbor_sampling import NeighborSampler


class LoaderSampler(BaseSampler):  # type: ignore[misc]
    """Hands a `NeighborSampler` to `LinkLoader` and `NodeLoader`, on CPU.

    The links of a batch and their reverses are never among the edges that are sampled for it. Negatives that a loader
    asks for are torch_geometric's, drawn over all nodes.

    Args:
        sampler: Over the graph that the loader is given.
        generator: What neighbours are drawn by; torch's own if not given. Worker processes each have a copy of it, so
            with workers leave it out: torch seeds each worker's own.

    >>> import torch
    >>> from torch_geometric.data import HeteroData
    >>> from torch_geometric.loader import LinkLoader
    >>> from gnnrec.graph.neighbor_sampling import NeighborSampler
    >>> graph = HeteroData()
    >>> graph["user"].node_id, graph["item"].node_id = torch.arange(2), torch.arange(3)
    >>> watched = torch.tensor([[0, 0, 1], [0, 1, 2]])
    >>> graph["user", "interacts", "item"].edge_index = watched
    >>> graph["item", "rev_interacts", "user"].edge_index = watched.flip(0)
    >>> sampler = LoaderSampler(NeighborSampler(graph, (2, 2)))
    >>> loader = LinkLoader(graph, sampler, (("user", "interacts", "item"), watched), batch_size=2)
    >>> [batch["user", "interacts", "item"].edge_label_index.size(1) for batch in loader]
    [2, 1]
    """

    def __init__(self, sampler: NeighborSampler, generator: Generator | None = None) -> None:
        self._sampler, self._generator = sampler, generator

    def sample_from_nodes(self, index: NodeSamplerInput, **_: Any) -> HeteroSamplerOutput:
        """The neighbourhood of nodes of one type."""
        return node_sample(index, self._draw)

    def sample_from_edges(
        self, index: EdgeSamplerInput, neg_sampling: NegativeSampling | None = None
    ) -> HeteroSamplerOutput:
        """The neighbourhood of links and of their negatives, without the links themselves.

        Raises:
            UsageError: The links are not between users and items.
        """
        if index.input_type is None or {index.input_type[0], index.input_type[-1]} != {"user", "item"}:
            raise UsageError(f"links are between user and item; got {index.input_type}")
        ends = index.row, index.col
        pairs = ends if index.input_type[0] == "user" else ends[::-1]

        def draw(seeds: Mapping[str, Tensor], _: object) -> HeteroSamplerOutput:
            return self._draw(seeds, None, pairs)

        return edge_sample(index, draw, self._sampler.num_nodes, disjoint=False, neg_sampling=neg_sampling)

    @property
    def edge_permutation(self) -> None:
        """None: edges are numbered as the graph has them."""
        return

    def _draw(
        self, seeds: Mapping[str, Tensor], _: object, exclude: tuple[Tensor, Tensor] | None = None
    ) -> HeteroSamplerOutput:
        drawn = self._sampler.draw(seeds, self._generator, exclude)
        return HeteroSamplerOutput(
            node=dict(drawn.rows),
            row={relation: edges[0] for relation, edges in drawn.edge_index.items()},
            col={relation: edges[1] for relation, edges in drawn.edge_index.items()},
            edge={
                relation: self._sampler.incoming[relation].edge_ids[positions].long()
                for relation, positions in drawn.positions.items()
            },
            num_sampled_nodes={kind: list(counts) for kind, counts in drawn.nodes_per_hop.items()},
            num_sampled_edges={relation: list(counts) for relation, counts in drawn.edges_per_hop.items()},
        )
