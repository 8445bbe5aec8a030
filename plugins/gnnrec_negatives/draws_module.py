"""Random negatives for some positives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from torch import Generator, Tensor, nn

if TYPE_CHECKING:
    from gnnrec.graph.pair_sampling import UnknownPairs


class Draws(nn.Module):
    """Draws several negatives for each positive.

    Args:
        unknown: What is drawn from.
        corrupt: `pair` draws user and item; `item` keeps the positive's user.
    """

    def __init__(self, unknown: UnknownPairs, corrupt: Literal["pair", "item"]) -> None:
        super().__init__()
        self.unknown, self.corrupt = unknown, corrupt

    def forward(self, users: Tensor, each: tuple[int, ...], generator: Generator) -> tuple[Tensor, Tensor]:
        """Draw negatives of the shape `each` for every positive.

        Args:
            users: int64 [B], the positives' users.
            each: What follows B in the result's shape: (R,) or (R, N).
            generator: On the device of `users`.

        Returns:
            Users and items, two int64 [B, *each].

        Raises:
            DataError: The user is to be kept, and one of them knows every item.
        """
        shape = (len(users), *each)
        if self.corrupt == "pair":
            return self.unknown.draw_pairs(shape, generator)
        users = users.view(-1, *(1 for _ in each)).expand(shape)
        return users, self.unknown.draw_items(users, generator)
