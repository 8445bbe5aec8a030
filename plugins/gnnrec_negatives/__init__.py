"""Negative samplers: pairs taken for negatives in training."""

from __future__ import annotations

from gnnrec import NegativeSampler, hookimpl
from gnnrec_negatives.dynamic import Dynamic
from gnnrec_negatives.hard import Hard
from gnnrec_negatives.static import Static


@hookimpl
def gnnrec_components() -> tuple[type[NegativeSampler], ...]:
    """Contribute the built-in negative samplers."""
    return (Static, Dynamic, Hard)
