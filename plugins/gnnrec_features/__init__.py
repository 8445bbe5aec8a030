"""Feature encoders: node tables to numbers."""

from __future__ import annotations

from gnnrec import FeatureEncoder, hookimpl
from gnnrec_features.degree import Degree
from gnnrec_features.genre_onehot import GenreOneHot
from gnnrec_features.multi_hot import MultiHot
from gnnrec_features.numeric import Numeric
from gnnrec_features.one_hot import OneHot
from gnnrec_features.text import Text
from gnnrec_features.vectors import Vectors
from gnnrec_features.year import Year


@hookimpl
def gnnrec_components() -> tuple[type[FeatureEncoder], ...]:
    """Contribute the built-in feature encoders."""
    return (Degree, GenreOneHot, MultiHot, Numeric, OneHot, Text, Vectors, Year)
