"""SGL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, PositiveFloat

from gnnrec import Fraction, Tuned
from gnnrec_encoders.embedding_memory import EDGE, embedding_memory
from gnnrec_encoders.interaction_encoder import InteractionEncoder

if TYPE_CHECKING:
    from torch import nn
    from torch_geometric.data import HeteroData

    from gnnrec.data.size import Size


class SGL(InteractionEncoder):
    """LightGCN that also learns to tell nodes apart over two graphs that each lack some edges (Wu et al. 2021).

    The contrastive loss over a batch's users and items is added to the recipe's loss. Weights of interactions are
    heeded; relations, behaviours and further node types are not read.
    """

    name: Literal["sgl"] = "sgl"

    edge_dropout: Annotated[Fraction, Tuned(0.05, 0.5)] = 0.1
    """The probability that a view lacks an interaction (the paper's ρ)."""

    temperature: Annotated[PositiveFloat, Tuned(0.05, 0.5, log=True)] = 0.2
    """Of the contrastive loss (τ): the smaller, the more it is about the most similar nodes."""

    contrast: Annotated[float, Field(ge=0, allow_inf_nan=False), Tuned(0.01, 1.0, log=True)] = 0.1
    """Weight of the contrastive loss (λ₁)."""

    def memory(self, size: Size) -> int:
        """Tables of ids, propagated three times: over the graph, and over two views, each with edges of its own."""
        return embedding_memory(size, self.channels, 3 * self.layers) + 2 * EDGE * size.interactions

    def build(self, graph: HeteroData) -> nn.Module:
        """Sizes are taken from `graph`.

        Raises:
            UsageError: The graph lacks reverse edges.
        """
        from gnnrec_encoders.sgl_module import SGLModule

        return SGLModule(
            *self._sizes(graph),
            self.channels,
            self.layers,
            self.init_std,
            edge_dropout=self.edge_dropout,
            temperature=self.temperature,
            contrast=self.contrast,
        )
