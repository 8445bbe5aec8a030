"""XSimGCL as a module, usable without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnnrec_encoders.contrast import contrast_of
from gnnrec_encoders.simgcl_module import SimGCLModule

if TYPE_CHECKING:
    from torch import Generator, Tensor
    from torch_geometric.data import HeteroData

    from gnnrec.contract.training import Batch
    from gnnrec_encoders.lightgcn_module import LightGCNModule


class XSimGCLModule(SimGCLModule):
    """Yu et al. 2023: InfoNCE between the final embeddings and those of one layer, in the same noisy pass.

    The paper's recommendation loss looks at the noisy pass too; here it is given the embeddings without noise, as all
    that the module answers, and the noisy pass is the contrastive loss's own.

    Args:
        lightgcn: What is propagated.
        eps: Length of the noise, ε.
        temperature: τ.
        contrast: Weight of the contrastive loss, λ.
        contrast_layer: The layer that the final embeddings are contrasted with, l*, from 1 to K.
    """

    def __init__(
        self, lightgcn: LightGCNModule, eps: float, temperature: float, contrast: float, contrast_layer: int
    ) -> None:
        super().__init__(lightgcn, eps, temperature, contrast)
        self.contrast_layer = contrast_layer

    def auxiliary_loss(self, graph: HeteroData, batch: Batch, generator: Generator) -> Tensor:
        """λ times the contrastive loss over the batch's users, plus that over its items: a scalar.

        Args:
            graph: What is propagated over.
            batch: Its `users` and `items` are rows of `graph`; each counts once.
            generator: All noise comes from it; on the graph's device.
        """
        layers = self.layers(graph, generator)
        one = layers[self.contrast_layer]
        return self.contrast * contrast_of(self.combined(layers), (one["user"], one["item"]), batch, self.temperature)
