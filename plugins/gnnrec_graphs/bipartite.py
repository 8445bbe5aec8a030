"""The user-item graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec_graphs.interaction_graph import InteractionGraph

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

    from gnnrec import Observed


class Bipartite(InteractionGraph):
    """Users and items, an edge per interaction, and its reverse unless switched off."""

    name: Literal["bipartite"] = "bipartite"

    def build(self, observed: Observed) -> HeteroData:
        """Node i of a type is row i of its table and of its features.

        Raises:
            DataError: There are no weights, or no times, to weigh by; or a weight is negative.
        """
        from gnnrec_graphs.layout import interactions

        return interactions(observed, self.weighting(observed), reverse=self.reverse)
