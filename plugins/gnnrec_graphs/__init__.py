"""Graph builders: edges and features to what an encoder propagates over."""

from __future__ import annotations

from gnnrec import hookimpl
from gnnrec_graphs.bipartite import Bipartite


@hookimpl
def gnnrec_components() -> tuple[type[Bipartite], ...]:
    """Contribute the built-in graph builders."""
    return (Bipartite,)
