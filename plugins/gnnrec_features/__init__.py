"""Feature encoders: node tables to numbers."""

from __future__ import annotations

from gnnrec import FeatureEncoder, hookimpl
from gnnrec_features.genre_onehot import GenreOneHot
from gnnrec_features.numeric import Numeric


@hookimpl
def gnnrec_components() -> tuple[type[FeatureEncoder], ...]:
    """Contribute the built-in feature encoders."""
    return (GenreOneHot, Numeric)
