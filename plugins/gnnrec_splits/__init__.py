"""Splits: which interactions are learned from, and which are held out."""

from __future__ import annotations

from gnnrec import hookimpl
from gnnrec_splits.random_link import RandomLink


@hookimpl
def gnnrec_components() -> tuple[type[RandomLink], ...]:
    """Contribute the built-in splits."""
    return (RandomLink,)
