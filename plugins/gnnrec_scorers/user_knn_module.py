"""Scores from what the nearest users of training know, as a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from gnnrec import Edges


class UserKNNModule(nn.Module):
    """score(h, i) = Σ cos(h, v)^power over the nearest users v of training that know i.

    Args:
        users: int64 [E], who knows.
        items: int64 [E], what; no pair stands twice.
        weights: float32 [I], what an item weighs in the cosine.
        num_users: U.
        neighbours: How many users are the nearest.
        power: Of the cosine.
    """

    by_user: Tensor
    by_item: Tensor
    weights: Tensor
    norms: Tensor

    def __init__(
        self, users: Tensor, items: Tensor, weights: Tensor, num_users: int, *, neighbours: int, power: float
    ) -> None:
        super().__init__()
        by_user, by_item = (users * len(weights) + items).argsort(), (items * num_users + users).argsort()
        self.register_buffer("by_user", torch.stack([users, items])[:, by_user])
        self.register_buffer("by_item", torch.stack([items, users])[:, by_item])
        self.register_buffer("weights", weights)
        self.register_buffer("norms", _norms(users, items, weights, num_users))
        self.neighbours, self.power = min(neighbours, num_users), power

    @classmethod
    def of(cls, train: Edges, neighbours: int, item_power: float, power: float) -> UserKNNModule:
        """Items weigh n_i^-item_power, of n_i interactions."""
        users, items = torch.from_numpy(train.users), torch.from_numpy(train.items)
        weights = torch.bincount(items, minlength=train.num_items).clamp_(min=1).float().pow(-item_power)
        return cls(users, items, weights, train.num_users, neighbours=neighbours, power=power)

    def forward(self, histories: Tensor) -> Tensor:
        """Score all items: CSR [B, I] → [B, I]."""
        best, users = self.cosines(histories).topk(self.neighbours, dim=1)  # [B, k]
        near = best > 0
        rows = torch.arange(len(best), device=best.device)[:, None].expand_as(users)
        nearest = _sparse(rows[near], users[near], best[near].pow(self.power), (len(best), len(self.norms)))
        return _product(nearest, self.by_user, len(self.weights))

    def cosines(self, histories: Tensor) -> Tensor:
        """With all users of training: CSR [B, I] → float32 [B, U]."""
        items = histories.col_indices().long()
        rows = torch.arange(len(histories), device=items.device).repeat_interleave(histories.crow_indices().diff())
        weighed = _sparse(rows, items, self.weights[items].square(), (len(histories), len(self.weights)))
        common = _product(weighed, self.by_item, len(self.norms))
        return common.div_(_norms(rows, items, self.weights, len(histories))[:, None]).div_(self.norms)


def _sparse(rows: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, int]) -> Tensor:
    # As coordinates: compressed rows are multiplied with each other only where torch is built with MKL.
    return torch.sparse_coo_tensor(torch.stack([rows, columns]), values, shape, check_invariants=False)


def _product(left: Tensor, pairs: Tensor, columns: int) -> Tensor:
    """Sparse [B, R] times the ones at `pairs`, int64 [2, E]: dense [B, columns]."""
    right = _sparse(pairs[0], pairs[1], torch.ones(pairs.size(1), device=pairs.device), (left.size(1), columns))
    made: Tensor = torch.sparse.mm(left, right).to_dense()
    return made


def _norms(users: Tensor, items: Tensor, weights: Tensor, num_users: int) -> Tensor:
    """Lengths of users' rows, float32 [U]; one where a user knows nothing, so that it can be divided by."""
    squares = weights.new_zeros(num_users).index_add_(0, users, weights[items].square())
    return squares.masked_fill_(squares == 0, 1.0).sqrt_()
