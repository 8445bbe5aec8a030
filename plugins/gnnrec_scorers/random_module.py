"""Random scores by hashing, as a module."""

from __future__ import annotations

import torch
from torch import Tensor, nn

SCORE_BITS = 24
"""Scores are multiples of 2^-24, which float32 holds exactly."""


class RandomModule(nn.Module):
    """Uniform scores in [0, 1) that depend on what is in a history, and on nothing around it.

    Args:
        keys: int64 [I], random.
    """

    keys: Tensor

    def __init__(self, keys: Tensor) -> None:
        super().__init__()
        self.register_buffer("keys", keys)

    def forward(self, histories: Tensor) -> Tensor:
        """Score all items: CSR [B, I] → [B, I]."""
        crow, items = histories.crow_indices(), histories.col_indices()
        rows = torch.arange(len(crow) - 1, device=crow.device).repeat_interleave(crow.diff())
        # A sum does not mind the order of the items; it wraps around, as hashes do.
        users = self.keys.new_zeros(len(crow) - 1).index_add_(0, rows, self.keys[items])
        bits = splitmix64_(splitmix64_(users)[:, None] + self.keys)  # [B, I]
        return _shifted(bits, 64 - SCORE_BITS).float().mul_(2.0**-SCORE_BITS)


def splitmix64_(states: Tensor) -> Tensor:
    """Replace each state, int64, by the next output of the splitmix64 generator in that state.

    >>> splitmix64_(torch.tensor([0])).tolist() == [0xE220A8397B1DCDAF - 2**64]
    True
    """
    states.add_(0x9E3779B97F4A7C15 - 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        states.bitwise_xor_(_shifted(states, shift)).mul_(factor - 2**64)
    return states.bitwise_xor_(_shifted(states, 31))


def _shifted(values: Tensor, bits: int) -> Tensor:
    """Shift int64 to the right as if it had no sign."""
    return (values >> bits).bitwise_and_((1 << (64 - bits)) - 1)
