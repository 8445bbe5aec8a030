"""Losses: scores of positives against scores of negatives."""

from __future__ import annotations

from gnnrec import hookimpl
from gnnrec_losses.bce import BCE


@hookimpl
def gnnrec_components() -> tuple[type[BCE], ...]:
    """Contribute the built-in losses."""
    return (BCE,)
