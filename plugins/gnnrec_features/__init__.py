"""Feature encoders: node tables to numbers."""

from __future__ import annotations

from gnnrec import hookimpl
from gnnrec_features.genre_onehot import GenreOneHot


@hookimpl
def gnnrec_components() -> tuple[type[GenreOneHot], ...]:
    """Contribute the built-in feature encoders."""
    return (GenreOneHot,)
