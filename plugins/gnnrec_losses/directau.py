"""Alignment and uniformity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from gnnrec import Loss, Tuned

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from gnnrec.contract.training import EmbeddedBatch
    from gnnrec.data.size import Size


class DirectAU(Loss):
    """Positives close to each other, users and items each spread over the sphere (Wang et al. 2022).

    "Towards Representation Alignment and Uniformity in Collaborative Filtering", of embeddings of norm 1; the decoder
    is not asked, and `decoder.name: dot` ranks by the inner product, as there. Pairs of a user or an item with itself,
    when one stands in the batch several times, are left out of the uniformity.
    """

    name: Literal["directau"] = "directau"

    batchwise: ClassVar[bool] = True

    memory_for: ClassVar[str] = "distances among a batch's users or items, a block at a time"

    gamma: Annotated[float, Field(ge=0, allow_inf_nan=False), Tuned(0.01, 10.0, log=True)] = 1.0
    """The weight of uniformity (γ); its authors look for it between 0.01 and 10."""

    def memory(self, size: Size) -> int:
        """Two blocks at the most."""
        from gnnrec.data.size import BLOCK_CELLS

        return min(2 * 4 * BLOCK_CELLS, 2 * 4 * max(size.users, size.items) ** 2)

    def build(self) -> Callable[[EmbeddedBatch], Tensor]:
        """`batchwise.directau` with this weight."""
        from functools import partial

        from gnnrec_losses.batchwise import directau

        return partial(directau, gamma=self.gamma)
