"""Scores by cosine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec import Decoder

if TYPE_CHECKING:
    from torch import nn


class Cosine(Decoder):
    """The cosine of user and item, between -1 and 1; a loss with a temperature goes with it."""

    name: Literal["cosine"] = "cosine"

    def build(self, channels: int) -> nn.Module:  # noqa: ARG002 - a cosine takes any number of channels
        """It has no weights."""
        from gnnrec_decoders.cosine_module import CosineDecoder

        return CosineDecoder()
