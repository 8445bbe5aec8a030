"""The user-item graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gnnrec import GraphBuilder

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

    from gnnrec import Observed


class Bipartite(GraphBuilder):
    """Users and items, an edge per interaction, and its reverse unless switched off."""

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["bipartite"] = "bipartite"

    reverse: bool = True
    """Add `(item, rev_interacts, user)`. Without it messages only flow from users to items, and users learn nothing
    from what they interacted with."""

    def build(self, observed: Observed) -> HeteroData:
        """Node i of a type is row i of its table and of its features."""
        import torch
        from torch_geometric.data import HeteroData

        graph, edges = HeteroData(), observed.edges
        for node_type in ("user", "item"):
            graph[node_type].node_id = torch.arange(observed.count(node_type))
            if node_type in observed.features:
                graph[node_type].x = torch.from_numpy(observed.features[node_type].values)
        users, items = torch.from_numpy(edges.users), torch.from_numpy(edges.items)
        graph["user", "interacts", "item"].edge_index = torch.stack([users, items])
        if self.reverse:
            graph["item", "rev_interacts", "user"].edge_index = torch.stack([items, users])
        return graph
