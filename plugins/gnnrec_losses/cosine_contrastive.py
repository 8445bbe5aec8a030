"""Cosine contrastive loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, PositiveFloat

from gnnrec import Loss, Tuned

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


class CosineContrastive(Loss):
    """Positives up to a cosine of 1, negatives down to a margin (Mao et al. 2021, SimpleX, equation 1).

    Meant for `decoder.name: cosine`, `negatives.corrupt: item`, and for hundreds of negatives, `negatives.ratio`.
    """

    name: Literal["cosine_contrastive"] = "cosine_contrastive"

    margin: Annotated[float, Field(ge=-1, lt=1), Tuned(0.0, 0.95)] = 0.9
    """The cosine below which a negative no longer counts (m)."""

    negative_weight: Annotated[PositiveFloat, Tuned(10.0, 1000.0, log=True)] = 150.0
    """What the mean over a positive's negatives weighs against the positive (w). Both defaults go with 1,000
    negatives in other implementations of SimpleX."""

    def build(self) -> Callable[[Tensor, Tensor], Tensor]:
        """`functional.cosine_contrastive` with these fields."""
        from functools import partial

        from gnnrec_losses.functional import cosine_contrastive

        return partial(cosine_contrastive, margin=self.margin, weight=self.negative_weight)
