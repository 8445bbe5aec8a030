"""Scores by a bilinear form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec import Decoder

if TYPE_CHECKING:
    from torch import nn


class Bilinear(Decoder):
    """A learned bilinear form: score(u, i) = e_u W e_i, with one matrix for all; it starts as the inner product.

    As in van den Berg et al. 2017 (GC-MC), with one rating level.
    """

    name: Literal["bilinear"] = "bilinear"

    def build(self, channels: int) -> nn.Module:
        """W is [channels, channels]."""
        from gnnrec_decoders.bilinear_module import BilinearDecoder

        return BilinearDecoder(channels)
