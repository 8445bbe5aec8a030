"""Softmax with temperatures that adapt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import PositiveFloat

from gnnrec import Tuned
from gnnrec_losses.in_batch import InBatchLoss, Temperature

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from gnnrec.contract.training import EmbeddedBatch


class AdapTau(InBatchLoss):
    """Softmax over the batch's items with a temperature for each user, higher for the harder ones (Chen et al. 2023).

    "Adap-τ: Adaptively Modulating Embedding Magnitude for Recommendation". Temperatures follow from the batch alone,
    where they are followed from epoch to epoch there, so that there is nothing to remember.
    """

    name: Literal["adap_tau"] = "adap_tau"

    spread: Annotated[PositiveFloat, Tuned(0.3, 3.0, log=True)] = 1.0
    """How far a user's loss has to be from the mean to count (β): the larger, the more alike are temperatures."""

    least: Annotated[Temperature, Tuned(0.02, 0.2, log=True)] = 0.05
    """The common temperature is never smaller: at the start positives are hardly above the rest."""

    def build(self) -> Callable[[EmbeddedBatch], Tensor]:
        """`batchwise.adap_tau` with these fields."""
        from functools import partial

        from gnnrec_losses.batchwise import adap_tau

        return partial(adap_tau, spread=self.spread, least=self.least, correction=self.correction)
