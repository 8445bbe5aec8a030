"""Filters: which interactions count."""

from __future__ import annotations

from gnnrec import Filter, hookimpl
from gnnrec_filters.between import Between
from gnnrec_filters.k_core import KCore
from gnnrec_filters.min_interactions import MinInteractions
from gnnrec_filters.min_rating import MinRating
from gnnrec_filters.sample_users import SampleUsers


@hookimpl
def gnnrec_components() -> tuple[type[Filter], ...]:
    """Contribute the built-in filters."""
    return (MinRating, KCore, MinInteractions, Between, SampleUsers)
