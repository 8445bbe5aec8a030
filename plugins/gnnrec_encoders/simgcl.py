"""SimGCL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, PositiveFloat

from gnnrec import Tuned
from gnnrec_encoders.embedding_memory import embedding_memory
from gnnrec_encoders.interaction_encoder import InteractionEncoder

if TYPE_CHECKING:
    from torch import nn
    from torch_geometric.data import HeteroData

    from gnnrec.data.size import Size


class SimGCL(InteractionEncoder):
    """LightGCN that also learns to tell nodes apart in two noisy views of their embeddings (Yu et al. 2022).

    The contrastive loss over a batch's users and items is added to the recipe's loss. Weights of interactions are
    heeded; relations, behaviours and further node types are not read.
    """

    name: Literal["simgcl"] = "simgcl"

    eps: Annotated[PositiveFloat, Tuned(0.05, 0.5, log=True)] = 0.1
    """Length of the noise that is added to an embedding at every layer (the paper's ε)."""

    temperature: Annotated[PositiveFloat, Tuned(0.05, 0.5, log=True)] = 0.2
    """Of the contrastive loss (τ): the smaller, the more it is about the most similar nodes."""

    contrast: Annotated[float, Field(ge=0, allow_inf_nan=False), Tuned(0.01, 1.0, log=True)] = 0.5
    """Weight of the contrastive loss (λ)."""

    def memory(self, size: Size) -> int:
        """Tables of ids, propagated three times: as they are, and in two noisy views."""
        return embedding_memory(size, self.channels, 3 * self.layers)

    def build(self, graph: HeteroData) -> nn.Module:
        """Sizes are taken from `graph`.

        Raises:
            UsageError: The graph lacks reverse edges.
        """
        from gnnrec_encoders.simgcl_module import SimGCLModule

        return SimGCLModule(self._lightgcn(graph), self.eps, self.temperature, self.contrast)
