"""Decoders: pairs of embeddings to scores."""

from __future__ import annotations

from gnnrec import Decoder, hookimpl
from gnnrec_decoders.bilinear import Bilinear
from gnnrec_decoders.cosine import Cosine
from gnnrec_decoders.distmult import DistMult
from gnnrec_decoders.dot import Dot
from gnnrec_decoders.mlp import MLP


@hookimpl
def gnnrec_components() -> tuple[type[Decoder], ...]:
    """Contribute the built-in decoders."""
    return (Dot, Cosine, Bilinear, DistMult, MLP)
