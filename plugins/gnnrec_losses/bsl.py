"""Bilateral softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from gnnrec import Tuned
from gnnrec_losses.in_batch import InBatchLoss, Temperature

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from gnnrec.contract.training import EmbeddedBatch


class BSL(InBatchLoss):
    """Bilateral softmax: a user's positives by one temperature, the negatives by another (Wu et al. 2023).

    "BSL: Understanding and Improving Softmax Loss for Recommendation". Over the positives that the user has in the
    batch, and not over all of them; each user counts as often as there are such. This is the paper's formula: its
    authors' code takes one positive, for which that of the positives is nothing, and a factor before the logarithm of
    the negatives instead.
    """

    name: Literal["bsl"] = "bsl"

    positive_temperature: Annotated[Temperature, Tuned(0.05, 0.5, log=True)] = 0.1
    """The smaller, the less a positive counts that scores lower than the user's others, as a false one would."""

    negative_temperature: Annotated[Temperature, Tuned(0.05, 0.5, log=True)] = 0.1
    """The smaller, the more the hardest items count."""

    def build(self) -> Callable[[EmbeddedBatch], Tensor]:
        """`batchwise.bsl` with these fields."""
        from functools import partial

        from gnnrec_losses.batchwise import bsl

        return partial(
            bsl,
            positive=self.positive_temperature,
            negative=self.negative_temperature,
            correction=self.correction,
        )
