"""Scores by a weighted inner product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec import Decoder

if TYPE_CHECKING:
    from torch import nn


class DistMult(Decoder):
    """An inner product with a learned weight per channel, score(u, i) = Σ_d e_ud r_d e_id (Yang et al. 2015, DistMult).

    It is `bilinear` with a diagonal matrix, the one relation being the interaction, and starts as the inner product.
    """

    name: Literal["distmult"] = "distmult"

    def build(self, channels: int) -> nn.Module:
        """The weights are [channels]."""
        from gnnrec_decoders.distmult_module import DistMultDecoder

        return DistMultDecoder(channels)
