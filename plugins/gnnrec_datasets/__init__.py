"""Data sets: where interactions come from."""

from __future__ import annotations

from gnnrec import hookimpl
from gnnrec_datasets.adjacency_list import AdjacencyList
from gnnrec_datasets.atomic import Atomic
from gnnrec_datasets.converted import Converted
from gnnrec_datasets.movielens import MovieLens
from gnnrec_datasets.table import Table


@hookimpl
def gnnrec_components() -> tuple[type[AdjacencyList | Atomic | Converted | MovieLens | Table], ...]:
    """Contribute the built-in data sets."""
    return (AdjacencyList, Atomic, Converted, MovieLens, Table)
