"""What encoders have in common that attend over edges by several heads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

from pydantic import PositiveInt, model_validator

from gnnrec import TunedAmong
from gnnrec_encoders.embedding_memory import embedding_memory, message_memory
from gnnrec_encoders.hetero_encoder import HeteroEncoder

if TYPE_CHECKING:
    from gnnrec.data.size import Size

MESSAGES = 3
"""Tables of a number per edge and channel that a layer keeps: both ends' queries and keys, and what is passed on."""


class AttentionEncoder(HeteroEncoder):
    """Layers of attention over every node and edge type."""

    channels: Annotated[PositiveInt, TunedAmong((16, 32, 64, 128, 256))] = 64  # whatever the heads, they share these
    """Size of every embedding (D)."""

    heads: PositiveInt = 2
    """How many attend, each by itself, to a share of the channels; a divisor of `channels`."""

    @model_validator(mode="after")
    def _shares_channels_among_heads(self) -> Self:
        if self.channels % self.heads:
            raise ValueError(f"heads: {self.channels} channels cannot be shared among {self.heads} heads alike")
        return self

    def memory(self, size: Size) -> int:
        """Tables of ids and of each layer, and messages; what other node types add is not known here."""
        tables = embedding_memory(size, self.channels, self.layers)
        return tables + message_memory(size, self.channels, self.layers, MESSAGES)
