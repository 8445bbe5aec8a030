"""LightGCN as its paper has it, over one matrix of all nodes (He et al. 2020)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import softplus


class LightGCN:
    """Equations 3, 4, 7, 8 and 15 as one writes them with torch: E^(k+1) = D^-1/2 A D^-1/2 E^(k), over users and items.

    Args:
        users: int64 [E], one end of each interaction.
        items: int64 [E], the other.
        initial: float32 [U + I, D], layer 0, users first.
        num_users: U.
        layers: K.
        l2: λ, of half the squared norm of the rows of layer 0 that a batch asks about, by its length.
        learning_rate: Of Adam.

    Attributes:
        embeddings: Layer 0, which is learned.
    """

    def __init__(
        self,
        users: Tensor,
        items: Tensor,
        initial: Tensor,
        num_users: int,
        layers: int,
        l2: float,
        learning_rate: float,
    ) -> None:
        self.embeddings = initial.clone().requires_grad_()
        self.num_users, self.layers, self.l2 = num_users, layers, l2
        nodes = len(initial)
        ends = torch.stack([torch.cat([users, items + num_users]), torch.cat([items + num_users, users])])
        degree = torch.bincount(ends[0], minlength=nodes).float()
        values = (degree[ends[0]] * degree[ends[1]]).rsqrt()
        self.adjacency = torch.sparse_coo_tensor(ends, values, (nodes, nodes)).coalesce()
        self.optimizer = torch.optim.Adam([self.embeddings], lr=learning_rate)

    def nodes(self) -> Tensor:
        """The embeddings of all nodes: float32 [U + I, D]."""
        layers = [self.embeddings]
        for _ in range(self.layers):
            layers.append(torch.sparse.mm(self.adjacency, layers[-1]))
        return torch.stack(layers, dim=1).mean(dim=1)

    def loss(self, users: Tensor, positives: Tensor, negatives: Tensor) -> Tensor:
        """BPR of a batch with its L2 term, each int64 [B]: a scalar."""
        nodes = self.nodes()
        user, above, below = (nodes[rows] for rows in self._rows(users, positives, negatives))
        ranking = softplus((user * below).sum(dim=1) - (user * above).sum(dim=1)).mean()
        squares = sum(self.embeddings[rows].square().sum() for rows in self._rows(users, positives, negatives))
        return ranking + self.l2 * squares / (2 * len(users))

    def step(self, users: Tensor, positives: Tensor, negatives: Tensor) -> None:
        """Learn from a batch."""
        self.optimizer.zero_grad()
        self.loss(users, positives, negatives).backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

    def _rows(self, users: Tensor, positives: Tensor, negatives: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return users, positives + self.num_users, negatives + self.num_users
