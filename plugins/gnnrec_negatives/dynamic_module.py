"""Negatives drawn whenever they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from torch import Generator, Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnnrec.contract.training import Batch
    from gnnrec_negatives.draws_module import Draws


class DynamicNegatives(nn.Module):
    """Draws for each batch, from nothing but the generator it is given.

    Args:
        draws: What draws.
        ratio: R, negatives for each positive.
        every: For how long an edge keeps its negatives.
    """

    def __init__(self, draws: Draws, ratio: int, every: Literal["epoch", "step"]) -> None:
        super().__init__()
        self.draws, self.ratio, self.every = draws, ratio, every

    def forward(
        self,
        batch: Batch,
        generator: Generator,
        score: Callable[[Tensor, Tensor], Tensor] | None = None,  # noqa: ARG002 - nothing is searched for
    ) -> tuple[Tensor, Tensor]:
        """Users and items of the batch's negatives: two int64 [B, R]."""
        drawn: tuple[Tensor, Tensor] = self.draws(batch.users, (self.ratio,), generator)
        return drawn
