"""Negatives among the nodes that are there in training: to a sampler, the others do not exist."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gnnrec.contract.training import Batch
    from gnnrec.data.edges import Renumbering


class PresentNegatives(nn.Module):
    """A sampler over the nodes that are there, asked and answering by the numbers of all nodes.

    Args:
        sampler: Knows the nodes that are there, under numbers of their own.
        nodes: These numbers, of `user` and `item`.
    """

    def __init__(self, sampler: nn.Module, nodes: Mapping[str, Renumbering]) -> None:
        super().__init__()
        self.sampler = sampler
        self.every: str = getattr(sampler, "every", "step")
        self.needs_score: bool = getattr(sampler, "needs_score", False)
        for name, numbers in nodes.items():
            self.register_buffer(f"{name}_inside", torch.from_numpy(numbers.new), persistent=False)
            stays = torch.from_numpy(numbers.stays)
            self.register_buffer(f"{name}_outside", stays.nonzero().flatten(), persistent=False)

    def forward(
        self, batch: Batch, generator: Generator, score: Callable[[Tensor, Tensor], Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Users and items of the batch's negatives: two int64 [B, R]."""
        users_in, users_out, items_in, items_out = (
            self.get_buffer(f"{kind}_{side}") for kind in ("user", "item") for side in ("inside", "outside")
        )

        def score_inside(users: Tensor, items: Tensor) -> Tensor:
            assert score is not None  # noqa: S101 - it is handed over only where there is one
            return score(users_out[users], items_out[items])

        inside = replace(batch, users=users_in[batch.users], items=items_in[batch.items])
        users, items = self.sampler(inside, generator, None if score is None else score_inside)
        return users_out[users], items_out[items]
