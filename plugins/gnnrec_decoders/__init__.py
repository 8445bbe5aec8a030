"""Decoders: pairs of embeddings to scores."""

from __future__ import annotations

from gnnrec import hookimpl
from gnnrec_decoders.dot import Dot


@hookimpl
def gnnrec_components() -> tuple[type[Dot], ...]:
    """Contribute the built-in decoders."""
    return (Dot,)
