"""Losses: positives against what is taken for negative."""

from __future__ import annotations

from gnnrec import Loss, hookimpl
from gnnrec_losses.adap_tau import AdapTau
from gnnrec_losses.bce import BCE
from gnnrec_losses.bpr import BPR
from gnnrec_losses.bsl import BSL
from gnnrec_losses.cosine_contrastive import CosineContrastive
from gnnrec_losses.directau import DirectAU
from gnnrec_losses.in_batch_softmax import InBatchSoftmax
from gnnrec_losses.margin import Margin
from gnnrec_losses.sampled_softmax import SampledSoftmax
from gnnrec_losses.softmax import Softmax


@hookimpl
def gnnrec_components() -> tuple[type[Loss], ...]:
    """Contribute the built-in losses."""
    return (BCE, BPR, Margin, CosineContrastive, SampledSoftmax, Softmax, InBatchSoftmax, BSL, AdapTau, DirectAU)
