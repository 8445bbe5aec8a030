"""GF-CF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gnnrec import Tuned
from gnnrec_scorers.spectral import Spectral

if TYPE_CHECKING:
    from gnnrec_scorers.graph_filter import GraphFilter
    from gnnrec_scorers.normalised_graph import NormalisedGraph
    from gnnrec_scorers.spectrum import Spectrum


class GFCF(Spectral):
    """GF-CF: a linear filter on the graph of items plus an ideal low-pass one (Shen et al. 2021, equation 15).

    scores = s P + α s D^-½ V Vᵀ D^½ for a history s, where P = R̃ᵀ R̃ over the normalised interactions R̃, D are items'
    degrees and V the leading eigenvectors of P. Nothing is trained.
    """

    name: Literal["gf_cf"] = "gf_cf"

    alpha: Annotated[float, Field(ge=0), Tuned(0.0, 1.0)] = 0.3
    """Weight of the ideal low-pass filter, which keeps the leading eigenvectors and nothing else (α)."""

    def filter(self, graph: NormalisedGraph, spectrum: Spectrum) -> GraphFilter:
        """See the class."""
        import torch

        from gnnrec_scorers.graph_filter import GraphFilter

        scale = graph.degrees.rsqrt()[:, None]
        analysis, synthesis = spectrum.vectors * scale, spectrum.vectors * self.alpha / scale
        return GraphFilter(graph, analysis, synthesis, torch.tensor([0.0, 1.0]), torch.ones(len(scale)))
