"""Softmax over all items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import PositiveFloat

from gnnrec import Loss, Tuned

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from gnnrec.data.size import Size


class Softmax(Loss):
    """Cross-entropy of each positive against all items: no negatives are drawn, every other item is one.

    The multinomial likelihood of Liang et al. 2018 (equation 2), averaged over positives; with cosine scores and a
    temperature it is the sampled softmax of Wu et al. 2024 with every item sampled.
    """

    name: Literal["softmax"] = "softmax"

    listwise: ClassVar[bool] = True

    temperature: Annotated[PositiveFloat, Tuned(0.05, 1.0, log=True)] = 0.15
    """Scores are divided by it: the smaller, the more the hardest items count. 0.1 to 0.2 for cosines, 1 for dots."""

    memory_for: ClassVar[str] = "scores of all items for a block of users, and their gradients"

    def memory(self, size: Size) -> int:
        """Beside the scores [B, I]: these by the temperature, their exponentials, and two gradients, all float32."""
        return 4 * 4 * size.users * size.items

    def build(self) -> Callable[[Tensor, Tensor], Tensor]:
        """`functional.softmax` at this temperature."""
        from functools import partial

        from gnnrec_losses.functional import softmax

        return partial(softmax, temperature=self.temperature)
