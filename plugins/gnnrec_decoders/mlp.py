"""Scores by a multilayer perceptron."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, PositiveInt

from gnnrec import Decoder

if TYPE_CHECKING:
    from torch import nn

    from gnnrec.data.size import Size


class MLP(Decoder):
    """A multilayer perceptron over both embeddings side by side, ReLU between layers (He et al. 2017, NCF).

    It is no product: ranking passes every pair of a user and an item through its layers, so it takes far longer than
    `dot`.
    """

    name: Literal["mlp"] = "mlp"

    memory_for: ClassVar[str] = "hidden layers of a block of pairs"

    hidden: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (64,)
    """Sizes of the hidden layers."""

    def memory(self, size: Size) -> int:
        """Three copies of the widest layer, for a block of pairs."""
        from gnnrec.data.size import BLOCK_CELLS

        return 3 * 4 * min(BLOCK_CELLS, size.users * size.items * max(self.hidden))

    def build(self, channels: int) -> nn.Module:
        """Two embeddings of `channels` in, a score out."""
        from gnnrec_decoders.mlp_module import MLPDecoder

        return MLPDecoder(channels, self.hidden)
