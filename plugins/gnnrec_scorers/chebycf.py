"""ChebyCF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, PositiveFloat

from gnnrec import Tuned
from gnnrec_scorers.spectral import Spectral

if TYPE_CHECKING:
    from gnnrec_scorers.graph_filter import GraphFilter
    from gnnrec_scorers.normalised_graph import NormalisedGraph
    from gnnrec_scorers.spectrum import Spectrum


class ChebyCF(Spectral):
    """ChebyCF: a polynomial low-pass filter on the graph of items, plus an ideal one (Kim et al. 2025).

    scores = s D^-β [h(P) + α V Vᵀ] D^β for a history s, where P = R̃ᵀ R̃ over the normalised interactions R̃, D are items'
    degrees, V the leading eigenvectors of P and h a polynomial in Chebyshev's polynomials. Nothing is trained.
    Departure: h is exact on V and a straight line on the other eigenvectors, whose eigenvalues are small; the paper's
    recurrence multiplies with P `degree` times for each user.
    """

    name: Literal["chebycf"] = "chebycf"

    degree: Annotated[int, Field(ge=1, le=64)] = 8
    """Degree of h (K)."""

    flatness: Annotated[PositiveFloat, Tuned(1.0, 10.0, log=True)] = 3.0
    """Power of the target ½ - ½ sign(x) |x|^φ at x = 1 - 2λ (φ): the larger, the flatter h is in the middle."""

    alpha: Annotated[float, Field(ge=0), Tuned(0.0, 1.0)] = 0.2
    """Weight of the ideal low-pass filter, which keeps the leading eigenvectors and nothing else (α)."""

    beta: Annotated[float, Field(ge=0, le=1), Tuned(0.0, 0.5)] = 0.3
    """Power of an item's degree that the history is divided by and the scores are multiplied with (β)."""

    def filter(self, graph: NormalisedGraph, spectrum: Spectrum) -> GraphFilter:
        """See the class."""
        from functools import partial

        from gnnrec_scorers.chebyshev import coefficients, response
        from gnnrec_scorers.graph_filter import GraphFilter, straight_line

        polynomial = partial(response, coefficients(self.degree, self.flatness))
        line = straight_line(polynomial, spectrum.rest)
        gains = polynomial(spectrum.values) - (line[0] + line[1] * spectrum.values) + self.alpha
        scale = graph.degrees.pow(-self.beta)
        analysis, synthesis = spectrum.vectors * scale[:, None], spectrum.vectors * gains / scale[:, None]
        return GraphFilter(graph, analysis, synthesis, line, scale)
