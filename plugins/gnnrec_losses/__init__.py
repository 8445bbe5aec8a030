"""Losses: scores of positives against scores of negatives."""

from __future__ import annotations

from gnnrec import Loss, hookimpl
from gnnrec_losses.bce import BCE
from gnnrec_losses.softmax import Softmax


@hookimpl
def gnnrec_components() -> tuple[type[Loss], ...]:
    """Contribute the built-in losses."""
    return (BCE, Softmax)
