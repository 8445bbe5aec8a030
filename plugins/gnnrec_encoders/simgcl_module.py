"""SimGCL as a module, usable without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import normalize

from gnnrec_encoders.contrast import contrast_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch_geometric.data import HeteroData

    from gnnrec.contract.training import Batch
    from gnnrec_encoders.lightgcn_module import LightGCNModule


class SimGCLModule(nn.Module):
    """Yu et al. 2022: LightGCN, noise at every layer, and InfoNCE between two noisy views.

    An embedding is the mean of layers 1 to K, without layer 0, in the views and in the answer. The contrastive loss is
    that of `contrast_of`.

    Args:
        lightgcn: What is propagated.
        eps: Length of the noise, ε.
        temperature: τ.
        contrast: Weight of the contrastive loss, λ.
    """

    def __init__(self, lightgcn: LightGCNModule, eps: float, temperature: float, contrast: float) -> None:
        super().__init__()
        self.lightgcn = lightgcn
        self.eps, self.temperature, self.contrast = eps, temperature, contrast

    @property
    def num_layers(self) -> int:
        """K."""
        return self.lightgcn.num_layers

    def forward(self, graph: HeteroData) -> tuple[Tensor, Tensor]:
        """Embed every node of `graph`: user [U, D], item [I, D]."""
        return self.combined(self.layers(graph, None))

    def initial_embeddings(self, graph: HeteroData) -> dict[str, Tensor]:
        """Layer 0 of users and items: [N, D] each."""
        return self.lightgcn.initial_embeddings(graph)

    def propagate_layer(self, graph: HeteroData, layer: int, tables: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The next layer of users and items, without noise."""
        return self.lightgcn.propagate_layer(graph, layer, tables)

    def combine_layers(self, tables: Sequence[Tensor]) -> Tensor:
        """The mean of all layers but the first: K + 1 tables [N, D] to one."""
        return self.lightgcn.combine_layers(tables[1:])

    def auxiliary_loss(self, graph: HeteroData, batch: Batch, generator: Generator) -> Tensor:
        """λ times the contrastive loss over the batch's users, plus that over its items: a scalar.

        Args:
            graph: What is propagated over.
            batch: Its `users` and `items` are rows of `graph`; each counts once.
            generator: All noise comes from it; on the graph's device.
        """
        first, second = (self.combined(self.layers(graph, generator)) for _ in range(2))
        return self.contrast * contrast_of(first, second, batch, self.temperature)

    def layers(self, graph: HeteroData, noise: Generator | None) -> list[dict[str, Tensor]]:
        """Layers 0 to K, with noise at each but the first where there is a generator for it."""
        layers = [self.initial_embeddings(graph)]
        for layer in range(self.num_layers):
            tables = self.propagate_layer(graph, layer, layers[-1])
            if noise is not None:
                tables = {kind: perturbed(table, self.eps, noise) for kind, table in tables.items()}
            layers.append(tables)
        return layers

    def combined(self, layers: Sequence[Mapping[str, Tensor]]) -> tuple[Tensor, Tensor]:
        """What all layers give together: user [U, D], item [I, D]."""
        user, item = (self.combine_layers([tables[kind] for tables in layers]) for kind in ("user", "item"))
        return user, item


def perturbed(table: Tensor, eps: float, generator: Generator) -> Tensor:
    """Embeddings [N, D], each moved by eps in a random direction of its own orthant.

    Uniform numbers from 0 to 1, made a vector of length eps, with the signs of the embedding.
    """
    noise = torch.rand(table.shape, generator=generator, device=table.device)
    return table + table.sign() * normalize(noise) * eps
