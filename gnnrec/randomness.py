"""Streams of random numbers derived from a seed and a purpose, so that no order of calls changes them."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator


def derive_seed(seed: int, *purpose: str | int) -> int:
    """A 63-bit seed for one purpose under a run's seed.

    >>> derive_seed(0, "weights") == derive_seed(0, "weights") != derive_seed(1, "weights")
    True
    """
    text = "\0".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


@dataclass(frozen=True)
class Streams:
    """All randomness of a run: one generator for each purpose, epoch, step and rank.

    Attributes:
        seed: The recipe's seed.
    """

    seed: int

    def generator(
        self,
        purpose: str,
        *,
        epoch: int = 0,
        step: int = 0,
        rank: int = 0,
        device: torch.device | str = "cpu",
    ) -> torch.Generator:
        """A fresh generator; the same arguments always give the same numbers."""
        generator = torch.Generator(device)
        return generator.manual_seed(derive_seed(self.seed, purpose, epoch, step, rank))

    @contextmanager
    def global_state(self) -> Iterator[None]:
        """Seed what torch draws from its global state (initial weights, dropout), and give the state back after."""
        devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(derive_seed(self.seed, "global"))
            yield
