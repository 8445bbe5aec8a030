"""XSimGCL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from gnnrec import Tuned
from gnnrec_encoders.embedding_memory import embedding_memory
from gnnrec_encoders.interaction_encoder import InteractionEncoder

if TYPE_CHECKING:
    from torch import nn
    from torch_geometric.data import HeteroData

    from gnnrec.data.size import Size


class XSimGCL(InteractionEncoder):
    """LightGCN that also learns to tell nodes apart by their final embeddings and one layer's (Yu et al. 2023).

    Both are taken from one noisy pass, where SimGCL makes two. The contrastive loss over a batch's users and items is
    added to the recipe's loss. Weights of interactions are heeded; relations, behaviours and further node types are not
    read.
    """

    name: Literal["xsimgcl"] = "xsimgcl"

    eps: Annotated[PositiveFloat, Tuned(0.05, 0.5, log=True)] = 0.2
    """Length of the noise that is added to an embedding at every layer (the paper's ε)."""

    temperature: Annotated[PositiveFloat, Tuned(0.05, 0.5, log=True)] = 0.2
    """Of the contrastive loss (τ): the smaller, the more it is about the most similar nodes."""

    contrast: Annotated[float, Field(ge=0, allow_inf_nan=False), Tuned(0.01, 1.0, log=True)] = 0.2
    """Weight of the contrastive loss (λ)."""

    contrast_layer: PositiveInt = 1
    """The layer that the final embeddings are contrasted with (l*), from 1 to `layers`."""

    @model_validator(mode="after")
    def _contrasts_a_layer_that_is_there(self) -> Self:
        if self.contrast_layer > self.layers:
            raise ValueError(f"contrast_layer: there are {self.layers} layers; take one from 1 to {self.layers}")
        return self

    def memory(self, size: Size) -> int:
        """Tables of ids, propagated twice: as they are, and with noise."""
        return embedding_memory(size, self.channels, 2 * self.layers)

    def build(self, graph: HeteroData) -> nn.Module:
        """Sizes are taken from `graph`.

        Raises:
            UsageError: The graph lacks reverse edges.
        """
        from gnnrec_encoders.xsimgcl_module import XSimGCLModule

        return XSimGCLModule(self._lightgcn(graph), self.eps, self.temperature, self.contrast, self.contrast_layer)
