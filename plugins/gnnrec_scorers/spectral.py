"""What scorers share that filter a user's history on the graph of items."""

from __future__ import annotations

import logging
from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import PositiveInt

from gnnrec import Scorer, Tuned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Generator, Tensor, nn

    from gnnrec import Observed
    from gnnrec.data.size import Size
    from gnnrec_scorers.graph_filter import GraphFilter
    from gnnrec_scorers.normalised_graph import NormalisedGraph
    from gnnrec_scorers.spectrum import Spectrum

logger = logging.getLogger("gnnrec")


class Spectral(Scorer):
    """A filter on the graph of items, see `graph_filter.GraphFilter`; it says which."""

    uses: ClassVar[tuple[str, ...]] = ()

    memory_for: ClassVar[str] = "the leading eigenvectors of the graph of items"

    stored: ClassVar[bool] = True

    deterministic: ClassVar[bool] = False

    rank: Annotated[PositiveInt, Tuned(32, 512, log=True)] = 256
    """How many eigenvectors are filtered exactly, those with the largest eigenvalues; at most as many as the data have.
    The rest is filtered by a straight line. Time and memory grow with it."""

    def memory(self, size: Size) -> int:
        """See `block_memory.memory_of_spectrum`."""
        from gnnrec_scorers.block_memory import memory_of_spectrum

        return memory_of_spectrum(size, self.rank)

    def fit(self, observed: Observed, generator: Generator) -> nn.Module:
        """Find the leading eigenvectors, from a subspace drawn with `generator`, and filter."""
        from gnnrec_scorers.normalised_graph import NormalisedGraph
        from gnnrec_scorers.spectrum import leading

        graph = NormalisedGraph.of(observed.edges)
        spectrum = leading(graph, self.rank, generator)
        if len(spectrum.values) < self.rank:
            logger.info(
                "%s: these data have no more than %d eigenvectors; scorer.rank = %d takes them all",
                self.name,
                len(spectrum.values),
                self.rank,
            )
        return self.filter(graph, spectrum)

    @abstractmethod
    def filter(self, graph: NormalisedGraph, spectrum: Spectrum) -> GraphFilter:
        """The filter over a graph, as far as its spectrum is known."""

    def restore(self, state: Mapping[str, Tensor]) -> nn.Module:
        """Needs no eigenvectors to be found again."""
        from gnnrec_scorers.graph_filter import GraphFilter

        return GraphFilter.restored(state)
