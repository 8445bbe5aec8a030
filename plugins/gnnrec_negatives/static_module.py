"""A table of negatives, looked up by edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Generator, Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnnrec.contract.training import Batch


class StaticNegatives(nn.Module):
    """Gives each supervision edge the negatives in its row.

    Args:
        users: int64 [S, R].
        items: int64 [S, R].
    """

    every = "run"
    users: Tensor
    items: Tensor

    def __init__(self, users: Tensor, items: Tensor) -> None:
        super().__init__()
        self.register_buffer("users", users, persistent=False)
        self.register_buffer("items", items, persistent=False)

    def forward(
        self,
        batch: Batch,
        generator: Generator,  # noqa: ARG002 - the draw is over
        score: Callable[[Tensor, Tensor], Tensor] | None = None,  # noqa: ARG002 - nothing is searched for
    ) -> tuple[Tensor, Tensor]:
        """Users and items of the batch's negatives: two int64 [B, R]."""
        return self.users[batch.edge_ids], self.items[batch.edge_ids]
