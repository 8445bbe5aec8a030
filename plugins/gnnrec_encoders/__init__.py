"""Encoders: graphs to user and item embeddings."""

from __future__ import annotations

from gnnrec import hookimpl
from gnnrec_encoders.hetero_sage import HeteroSAGE


@hookimpl
def gnnrec_components() -> tuple[type[HeteroSAGE], ...]:
    """Contribute the built-in encoders."""
    return (HeteroSAGE,)
