"""What an encoder of users and items by their ids takes in training."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gnnrec.data.size import Size

MEMORY_FOR = "embeddings, and what an optimizer keeps of them"

TRAINED = 4
"""Copies of a table that is trained: itself, its gradient, and two moments of Adam."""

PROPAGATED = 2
"""Copies of a table for each layer: itself, and its gradient."""

EDGE = 32
"""Bytes of an interaction that is propagated over both ways, each with its transpose: column and weight."""


def embedding_memory(size: Size, channels: int, layers: int) -> int:
    """Bytes of float32 tables [U + I, D], trained and propagated, and of the edges that they are propagated over."""
    table = 4 * (size.users + size.items) * channels
    return table * (TRAINED + PROPAGATED * layers) + (EDGE * size.interactions if layers else 0)


def message_memory(size: Size, channels: int, layers: int, copies: int = 1) -> int:
    """Bytes of float32 messages over each edge, both ways, that are kept for the backward pass.

    Args:
        size: Of what is learned from.
        channels: Numbers in a message.
        layers: K.
        copies: Tables [E, D] that a layer keeps of one edge type.
    """
    return 4 * 2 * size.interactions * channels * layers * copies
