"""Losses: scores of positives against scores of negatives."""

from __future__ import annotations

from gnnrec import Loss, hookimpl
from gnnrec_losses.bce import BCE
from gnnrec_losses.bpr import BPR
from gnnrec_losses.margin import Margin
from gnnrec_losses.sampled_softmax import SampledSoftmax
from gnnrec_losses.softmax import Softmax


@hookimpl
def gnnrec_components() -> tuple[type[Loss], ...]:
    """Contribute the built-in losses."""
    return (BCE, BPR, Margin, SampledSoftmax, Softmax)
