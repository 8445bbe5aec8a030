"""BSPM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from gnnrec import Tuned
from gnnrec_scorers.spectral import Spectral

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from gnnrec_scorers.graph_filter import GraphFilter
    from gnnrec_scorers.normalised_graph import NormalisedGraph
    from gnnrec_scorers.spectrum import Spectrum

ORDER = 4
"""Of Runge and Kutta's step."""


class BSPM(Spectral):
    """BSPM-EM: a history is blurred on the graph of items, and then sharpened (Choi et al. 2023).

    scores = [s P + α s D^-½ V Vᵀ D^½] q(P) for a history s, where P = R̃ᵀ R̃ over the normalised interactions R̃, D are
    items' degrees and V the leading eigenvectors of P. What is in brackets blurs, in one step of the heat equation and
    by an ideal low-pass filter; q sharpens, one step of Runge and Kutta's fourth order that solves dx/dt = -x P.
    Departure: λ q(λ) is exact on V and a straight line on the other eigenvectors.
    """

    name: Literal["bspm"] = "bspm"

    alpha: Annotated[float, Field(ge=0), Tuned(0.0, 1.0)] = 0.2
    """Weight of the ideal low-pass filter, which keeps the leading eigenvectors and nothing else (β of the paper)."""

    sharpening: Annotated[float, Field(ge=0, le=4), Tuned(0.0, 2.5)] = 1.0
    """Time for which it is sharpened (T): the larger, the less the leading eigenvectors count; 0 is GF-CF."""

    def filter(self, graph: NormalisedGraph, spectrum: Spectrum) -> GraphFilter:
        """See the class."""
        import torch

        from gnnrec_scorers.graph_filter import GraphFilter, straight_line

        def blurred_and_sharpened(values: Tensor) -> Tensor:
            return self._sharpened(values, lambda each: each * values)

        line = straight_line(blurred_and_sharpened, spectrum.rest)
        gains = blurred_and_sharpened(spectrum.values) - (line[0] + line[1] * spectrum.values)
        scale = graph.degrees.rsqrt()[:, None]
        ideal = self._sharpened(self.alpha * spectrum.vectors / scale, graph.walk)
        analysis = torch.cat([spectrum.vectors, spectrum.vectors * scale], dim=1)
        synthesis = torch.cat([spectrum.vectors * gains, ideal], dim=1)
        return GraphFilter(graph, analysis, synthesis, line, torch.ones(len(scale)))

    def _sharpened(self, blurred: Tensor, walk: Callable[[Tensor], Tensor]) -> Tensor:
        """The step of Runge and Kutta: for a linear equation a Taylor polynomial, here by Horner's scheme."""
        sharpened = blurred
        for order in range(ORDER, 0, -1):
            sharpened = blurred - self.sharpening / order * walk(sharpened)
        return sharpened
