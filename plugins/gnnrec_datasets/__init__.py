"""Data sets: where interactions come from."""

from __future__ import annotations

from gnnrec import hookimpl
from gnnrec_datasets.movielens import MovieLens


@hookimpl
def gnnrec_components() -> tuple[type[MovieLens], ...]:
    """Contribute the built-in data sets."""
    return (MovieLens,)
