"""Pairs of nodes with the embeddings of these, as batchwise losses take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from gnnrec.contract.training import EmbeddedBatch

if TYPE_CHECKING:
    from torch import Tensor


def item_frequency(items: Tensor, num_items: int) -> Tensor:
    """The share of each item among the items of pairs, int64 [S]: float32 [I].

    >>> item_frequency(torch.tensor([0, 2, 0, 0]), 3)
    tensor([0.7500, 0.0000, 0.2500])
    """
    return torch.bincount(items, minlength=num_items) / len(items)


def embedded_batch(user: Tensor, item: Tensor, pairs: Tensor, frequency: Tensor) -> EmbeddedBatch:
    """Pairs of two tables, with those of their rows that stand in them.

    Args:
        user: [U, D].
        item: [I, D].
        pairs: int64 [2, B], rows of both.
        frequency: float32 [I], see `EmbeddedBatch`.

    >>> batch = embedded_batch(torch.eye(3), torch.eye(3), torch.tensor([[2, 0], [1, 1]]), torch.ones(3) / 3)
    >>> batch.user, batch.item, batch.pairs
    (tensor([[1., 0., 0.],
            [0., 0., 1.]]), tensor([[0., 1., 0.]]), tensor([[1, 0],
            [0, 0]]))
    """
    (users, of_user), (items, of_item) = (ids.unique(return_inverse=True) for ids in pairs)
    return EmbeddedBatch(user[users].float(), item[items].float(), torch.stack([of_user, of_item]), frequency[items])
