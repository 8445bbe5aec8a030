"""Softmax over a batch's own items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from gnnrec import Tuned
from gnnrec_losses.in_batch import InBatchLoss, Temperature

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from gnnrec.contract.training import EmbeddedBatch


class InBatchSoftmax(InBatchLoss):
    """Cross-entropy of each positive's cosine against those of the batch's other items (Yi et al. 2019).

    "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations"; shares of items are counted over
    all positives where they are estimated there, and items that the user has in the batch are no negatives. Without
    `correction` it is the sampled softmax of Wu et al. 2024 over the batch.
    """

    name: Literal["in_batch_softmax"] = "in_batch_softmax"

    temperature: Annotated[Temperature, Tuned(0.05, 0.5, log=True)] = 0.1
    """The smaller, the more the hardest items count."""

    def build(self) -> Callable[[EmbeddedBatch], Tensor]:
        """`batchwise.in_batch_softmax` with these fields."""
        from functools import partial

        from gnnrec_losses.batchwise import in_batch_softmax

        return partial(in_batch_softmax, temperature=self.temperature, correction=self.correction)
