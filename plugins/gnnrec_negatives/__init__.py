"""Negative samplers: pairs taken for negatives in training."""

from __future__ import annotations

from gnnrec import hookimpl
from gnnrec_negatives.static import Static


@hookimpl
def gnnrec_components() -> tuple[type[Static], ...]:
    """Contribute the built-in negative samplers."""
    return (Static,)
