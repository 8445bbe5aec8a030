"""The user-item graph with edges between similar items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import PositiveInt

from gnnrec import Tuned
from gnnrec_graphs.interaction_graph import InteractionGraph

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

    from gnnrec import Observed


class KNNItems(InteractionGraph):
    """Users and items, an edge per interaction, and `(item, similar_to, item)` from each item's k nearest items to it.

    Its weight is the cosine of the two. Nodes that training does not know have no say: such items are nobody's nearest,
    and such users are not counted among those whom two items share.
    """

    name: Literal["knn_items"] = "knn_items"

    k: Annotated[PositiveInt, Tuned(5, 50, log=True)] = 10
    """How many nearest items an item hears from at the most; only those of a positive cosine."""

    by: Literal["features", "co_occurrence"] = "co_occurrence"
    """What items are compared by: their features, or the users whom they share in the graph's own interactions."""

    def build(self, observed: Observed) -> HeteroData:
        """Node i of a type is row i of its table and of its features.

        Raises:
            DataError: There are no features to compare by; there are no weights, or no times, to weigh by; or a weight
                is negative.
        """
        import numpy as np

        from gnnrec import DataError
        from gnnrec_graphs.layout import add_edges, interactions
        from gnnrec_graphs.nearest import nearest_by_features, nearest_by_users

        graph = interactions(observed, self.weighting(observed), reverse=self.reverse)
        known = {kind: ~observed.new.get(kind, np.zeros(observed.count(kind), bool)) for kind in ("user", "item")}
        if self.by == "features":
            if "item" not in observed.features:
                raise DataError("graph 'knn_items': by: features needs features.item, and the recipe has none")
            found = nearest_by_features(observed.features["item"].values, self.k, known["item"])
        else:
            # What new users share moves no similarity of others.
            shared = observed.edges.keep(known["user"][observed.edges.users])
            found = nearest_by_users(shared, self.k, known["item"])
        items, neighbours, cosine = found
        add_edges(graph, ("item", "similar_to", "item"), neighbours, items, cosine, reverse=False)
        return graph
