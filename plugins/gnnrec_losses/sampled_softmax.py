"""Softmax over drawn negatives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import PositiveFloat

from gnnrec import Loss, Tuned

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


class SampledSoftmax(Loss):
    """Cross-entropy of each positive against its own negatives (Wu et al. 2024).

    "On the Effectiveness of Sampled Softmax Loss for Item Recommendation"; as there, nothing corrects for how the
    negatives were drawn. With one negative and a temperature of 1 it is `bpr`. Meant for negatives of the same user,
    `negatives.corrupt: item`, and for a good many of them, `negatives.ratio`.
    """

    name: Literal["sampled_softmax"] = "sampled_softmax"

    temperature: Annotated[PositiveFloat, Tuned(0.05, 1.0, log=True)] = 0.15
    """Scores are divided by it: the smaller, the more the hardest items count. 0.1 to 0.2 for cosines, 1 for dots."""

    def build(self) -> Callable[[Tensor, Tensor], Tensor]:
        """`functional.sampled_softmax` at this temperature."""
        from functools import partial

        from gnnrec_losses.functional import sampled_softmax

        return partial(sampled_softmax, temperature=self.temperature)
