"""Draws candidates and keeps those that are scored highest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnnrec.contract.training import Batch
    from gnnrec_negatives.draws_module import Draws


class HardNegatives(nn.Module):
    """Keeps the best scored of N candidates for each negative; plain draws while there is nothing to go by.

    Args:
        draws: What draws.
        ratio: R, negatives for each positive.
        candidates: N.
        warm_up: Epochs with plain draws before.
    """

    every = "step"
    needs_score = True

    def __init__(self, draws: Draws, ratio: int, candidates: int, warm_up: int) -> None:
        super().__init__()
        self.draws, self.ratio = draws, ratio
        self.candidates, self.warm_up = candidates, warm_up

    def forward(
        self, batch: Batch, generator: Generator, score: Callable[[Tensor, Tensor], Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Users and items of the batch's negatives: two int64 [B, R]."""
        plain = score is None or batch.epoch <= self.warm_up  # epoch 0 is before training
        each = (self.ratio,) if plain else (self.ratio, self.candidates)
        users, items = self.draws(batch.users, each, generator)
        if score is None or plain:
            return users, items
        with torch.no_grad():
            # Of equal scores the first counts. Candidates stand in random order, so that favours none.
            best = score(users, items).argmax(dim=-1, keepdim=True)  # [B, R, 1]
        return users.gather(-1, best).squeeze(-1), items.gather(-1, best).squeeze(-1)
