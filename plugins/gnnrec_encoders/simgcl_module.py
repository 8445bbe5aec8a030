"""SimGCL as a module, usable without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy, normalize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch_geometric.data import HeteroData

    from gnnrec.contract.training import Batch
    from gnnrec_encoders.lightgcn_module import LightGCNModule


class SimGCLModule(nn.Module):
    """Yu et al. 2022: LightGCN, noise at every layer, and InfoNCE between two noisy views.

    An embedding is the mean of layers 1 to K, without layer 0, in the views and in the answer. The contrastive loss is
    a mean over nodes where the paper sums, so that its weight means the same for any batch size.

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
        return self._embed(graph, None)

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
        first, second = self._embed(graph, generator), self._embed(graph, generator)
        rows = torch.unique(batch.users), torch.unique(batch.items)
        losses = [
            info_nce(one[some], other[some], self.temperature)
            for one, other, some in zip(first, second, rows, strict=True)
        ]
        return self.contrast * (losses[0] + losses[1])

    def _embed(self, graph: HeteroData, noise: Generator | None) -> tuple[Tensor, Tensor]:
        layers = [self.initial_embeddings(graph)]
        for layer in range(self.num_layers):
            tables = self.propagate_layer(graph, layer, layers[-1])
            if noise is not None:
                tables = {kind: perturbed(table, self.eps, noise) for kind, table in tables.items()}
            layers.append(tables)
        user, item = (self.combine_layers([tables[kind] for tables in layers]) for kind in ("user", "item"))
        return user, item


def perturbed(table: Tensor, eps: float, generator: Generator) -> Tensor:
    """Embeddings [N, D], each moved by eps in a random direction of its own orthant.

    Uniform numbers from 0 to 1, made a vector of length eps, with the signs of the embedding.
    """
    noise = torch.rand(table.shape, generator=generator, device=table.device)
    return table + table.sign() * normalize(noise) * eps


def info_nce(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """InfoNCE: how badly each node's view is told from the other nodes' by cosine.

    Args:
        first: float [B, D], one view of B nodes.
        second: float [B, D], the other view; the negatives come from here.
        temperature: Cosines are divided by it.

    Returns:
        The mean of -log(exp(cos(z'_i, z''_i) / τ) / Σ_j exp(cos(z'_i, z''_j) / τ)) over nodes.

    >>> info_nce(torch.eye(2), torch.eye(2), temperature=1.0)  # log(1 + exp(-1))
    tensor(0.3133)
    """
    cosines = normalize(first) @ normalize(second).T  # [B, B]
    return cross_entropy(cosines / temperature, torch.arange(len(first), device=first.device))
