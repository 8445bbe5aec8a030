"""Graph builders: edges and features to what an encoder propagates over."""

from __future__ import annotations

from gnnrec import GraphBuilder, hookimpl
from gnnrec_graphs.bipartite import Bipartite
from gnnrec_graphs.knn_items import KNNItems
from gnnrec_graphs.relational import Relational


@hookimpl
def gnnrec_components() -> tuple[type[GraphBuilder], ...]:
    """Contribute the built-in graph builders."""
    return (Bipartite, KNNItems, Relational)
