"""Scores by inner product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec import Decoder

if TYPE_CHECKING:
    from torch import nn


class Dot(Decoder):
    """The inner product of user and item: score(u, i) = <e_u, e_i>."""

    name: Literal["dot"] = "dot"

    def build(self, channels: int) -> nn.Module:  # noqa: ARG002 - an inner product takes any number of channels
        """It has no weights."""
        from gnnrec_decoders.dot_module import DotDecoder

        return DotDecoder()
