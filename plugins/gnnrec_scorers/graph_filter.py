"""Scoring by a filter on the graph of items: exact on the leading eigenvectors, a straight line on the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from gnnrec.graph.sparse import Structure, product
from gnnrec_scorers.normalised_graph import NormalisedGraph

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    Response = Callable[[Tensor], Tensor]
    """Eigenvalues float32 [k] to what a filter multiplies their eigenvectors with; a name for annotations."""

POINTS = 1000
"""At how many eigenvalues a line is fitted."""


class GraphFilter(nn.Module):
    """scores = s A Cᵀ + (s W)(a + b P) W⁻¹, for a user's history s [I].

    A filter h(P) of the walk P is its straight line a + b P and, on each leading eigenvector v of value λ, what h(λ) is
    more than the line: A and C hold these. So a block of users costs two sparse products and one of low rank.

    Args:
        graph: What P is made of.
        analysis: float32 [I, r], A.
        synthesis: float32 [I, r], C.
        line: float32 [2], a and b.
        scale: float32 [I], the diagonal of W.
    """

    analysis: Tensor
    synthesis: Tensor
    line: Tensor
    scale: Tensor

    def __init__(
        self, graph: NormalisedGraph, analysis: Tensor, synthesis: Tensor, line: Tensor, scale: Tensor
    ) -> None:
        super().__init__()
        self.graph = graph
        self.register_buffer("analysis", analysis)
        self.register_buffer("synthesis", synthesis)
        self.register_buffer("line", line)
        self.register_buffer("scale", scale)

    @classmethod
    def restored(cls, state: Mapping[str, Tensor]) -> Self:
        """From its `state_dict`."""
        users, items, scale = state["graph.users"], state["graph.items"], state["scale"]
        num_users = int(users.max()) + 1 if len(users) else 0
        graph = NormalisedGraph(users, items, num_users, len(scale))
        return cls(graph, state["analysis"], state["synthesis"], state["line"], scale)

    def forward(self, histories: Tensor) -> Tensor:
        """Score all items: CSR [B, I] → [B, I]."""
        users = self.graph.users_of(self._scaled(histories))  # [B, U]
        walked = product(self.graph.by_item, users.T.contiguous()).mul_(self.line[1]).div_(self.scale[:, None])
        scores = walked.addmm_(self.synthesis, product(histories, self.analysis).T).T.contiguous()
        return scores.add_(histories.to_dense(), alpha=float(self.line[0]))

    def _scaled(self, histories: Tensor) -> Tensor:
        items = histories.col_indices()
        structure = Structure(histories.crow_indices(), items, items, (histories.size(0), histories.size(1)))
        return structure.matrix(histories.values() * self.scale[items])


def straight_line(response: Response, upper: float) -> Tensor:
    """The a and b of the line a + b λ that is closest to a filter's response on [0, upper]: float32 [2].

    Closest in least squares over the interval; with `upper` 0 it is the constant h(0). Sums in float64 and no LAPACK,
    whose last digits hang on where in memory its arguments lie: the same response gives the same line.
    """
    eigenvalues = torch.linspace(0.0, upper, POINTS)
    values, responses = eigenvalues.double(), response(eigenvalues).double()
    centred = values - values.mean()
    slope = ((centred * responses).sum() / centred.square().sum()).nan_to_num(0.0)  # none on an interval without length
    return torch.stack([responses.mean() - slope * values.mean(), slope]).float()
