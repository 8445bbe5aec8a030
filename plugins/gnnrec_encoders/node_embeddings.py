"""Layer 0 of every encoder: embeddings of ids, linear maps of features, or their sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from gnnrec.graph.new_nodes import look_up
from gnnrec.graph.sparse import PerTensor

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from torch_geometric.data import HeteroData

_in_order = PerTensor()


class NodeEmbeddings(nn.Module):
    """The first embedding of each node, [N, D] per type.

    Args:
        num_features: F of each node type whose `x` is used.
        num_embeddings: N of each node type that gets an embedding per id, looked up by `node_id`.
        channels: D.
        init_std: Standard deviation of the initial embeddings of ids.
    """

    def __init__(
        self, num_features: Mapping[str, int], num_embeddings: Mapping[str, int], channels: int, init_std: float = 1.0
    ) -> None:
        super().__init__()
        self.features = nn.ModuleDict({kind: nn.Linear(size, channels) for kind, size in num_features.items()})
        self.ids = nn.ModuleDict(
            {
                kind: nn.Embedding(count, channels, _weight=torch.randn(count, channels) * init_std)
                for kind, count in num_embeddings.items()
            }
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """The node types that it embeds."""
        return tuple(sorted({*self.features, *self.ids}))

    def forward(self, graph: HeteroData, kind: str) -> Tensor:
        """Embed the nodes of one type: [N, D]."""
        if kind not in self.features:
            return self._by_id(graph, kind)
        mapped: Tensor = self.features[kind](graph[kind].x)
        return mapped + self._by_id(graph, kind) if kind in self.ids else mapped

    def _by_id(self, graph: HeteroData, kind: str) -> Tensor:
        """The embeddings of a type's ids; the table itself where the graph has every node in order."""
        table = cast("Tensor", self.ids[kind].weight)
        node_id = graph[kind].node_id

        def in_order() -> bool:
            return bool((node_id == torch.arange(len(node_id), device=node_id.device)).all())

        whole = len(node_id) == len(table) and "is_new" not in graph[kind] and _in_order.get(node_id, (), in_order)
        return table if whole else look_up(table, graph[kind])


def sizes(
    graph: HeteroData, *, features: Collection[str], ids: Collection[str], encoder: str
) -> tuple[dict[str, int], dict[str, int]]:
    """`num_features` and `num_embeddings` for a graph, using features and ids of the named node types.

    Raises:
        UsageError: A node type would have neither.
    """
    from gnnrec import UsageError

    num_features = {kind: graph[kind].x.size(1) for kind in graph.node_types if kind in features and "x" in graph[kind]}
    num_embeddings = {kind: graph[kind].num_nodes for kind in graph.node_types if kind in ids}
    bare = [kind for kind in graph.node_types if kind not in num_features and kind not in num_embeddings]
    if bare:
        raise UsageError(
            f"{encoder}: {' and '.join(bare)} nodes have neither features nor id embeddings; "
            f"give them features (features.{bare[0]}), or id embeddings"
        )
    return num_features, num_embeddings
