"""What losses have in common that take a batch's own items for negatives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from gnnrec import Loss, Tuned

if TYPE_CHECKING:
    from gnnrec.data.size import Size

Temperature = Annotated[float, Field(ge=0.01, allow_inf_nan=False)]
"""What cosines are divided by."""


class InBatchLoss(Loss):
    """A loss of cosines, for which the decoder is not asked: `decoder.name: dot` still ranks by the inner product.

    The negatives of a user are the items of the batch, each as often as it stands there, but for the user's own.
    """

    batchwise: ClassVar[bool] = True

    memory_for: ClassVar[str] = "cosines of a batch's users with its items, a block at a time"

    correction: Annotated[float, Field(ge=0, le=1), Tuned(0.0, 1.0)] = 0.0
    """The power of an item's share of all positives whose logarithm is taken off its scores (Yi et al. 2019): 1 makes
    up for popular items being negatives more often, 0 leaves it at that."""

    def memory(self, size: Size) -> int:
        """Two blocks at the most."""
        from gnnrec.data.size import BLOCK_CELLS

        return min(2 * 4 * BLOCK_CELLS, 2 * 4 * size.users * size.items)
