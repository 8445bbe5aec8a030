"""Inner products of user-item pairs without a copy of both embeddings per pair.

For P pairs of D channels, gathering costs 2·P·D numbers written and read, and their gradients again. A sampled
dense-dense product (SDDMM) reads the two tables where they are; its backward pass is two sparse × dense products.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from gnnrec.graph.sparse import PerTensor, Structure, has_sparse_products, product

_structures = PerTensor()


@dataclass(frozen=True)
class _PairStructure:
    by_user: Structure
    by_item: Structure
    inverse: Tensor
    """int64 [P]: where each given pair is among the entries of `by_user`."""


def pair_dot(user: Tensor, item: Tensor, edge_label_index: Tensor) -> Tensor:
    """Score pairs by inner product: out[p] = <user[u_p], item[i_p]>.

    Args:
        user: float [U, D].
        item: float [I, D].
        edge_label_index: int64 [2, P], row 0 users, row 1 items. What is computed from it is kept while it lives.

    Returns:
        float32 [P], in the order of the pairs.

    >>> user, item = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0], [0.0, 1.0]])
    >>> pair_dot(user, item, torch.tensor([[0, 0], [1, 0]]))
    tensor([ 2., 11.])
    """
    with torch.autocast(user.device.type, enabled=False):
        user, item = user.float(), item.float()
        key = (user.size(0), item.size(0))
        # Torch refuses a sampled product with more entries than its matrix has cells.
        if not has_sampled_products(user.device) or edge_label_index.size(1) > key[0] * key[1]:
            return gathered_dot(user, item, edge_label_index)
        structure = _structures.get(edge_label_index, key, lambda: _pair_structure(edge_label_index, key))
        scores: Tensor = _SampledProduct.apply(user, item, structure)  # type: ignore[no-untyped-call]
        return scores


def gathered_dot(user: Tensor, item: Tensor, edge_label_index: Tensor) -> Tensor:
    """The same by gathering both rows of each pair, for devices without sampled products."""
    return (user[edge_label_index[0]] * item[edge_label_index[1]]).sum(-1)


def has_sampled_products(device: torch.device) -> bool:
    """Whether sampled products run on `device`; on CPU they are MKL's."""
    has_mkl = torch.backends.mkl.is_available()  # type: ignore[no-untyped-call]
    return has_sparse_products(device) and (device.type != "cpu" or has_mkl)


def _pair_structure(edge_label_index: Tensor, shape: tuple[int, int]) -> _PairStructure:
    users, items = edge_label_index
    by_user = Structure.of(users, items, shape)
    by_item = Structure.of(items, users, (shape[1], shape[0]))
    inverse = torch.empty_like(by_user.order)
    inverse[by_user.order] = torch.arange(len(inverse), device=inverse.device)
    return _PairStructure(by_user, by_item, inverse)


class _SampledProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, user: Tensor, item: Tensor, structure: _PairStructure) -> Tensor:
        ctx.save_for_backward(user, item)
        ctx.structure = structure
        pattern = structure.by_user.matrix(user.new_zeros(len(structure.inverse)))
        scores: Tensor = torch.sparse.sampled_addmm(pattern, user, item.t(), beta=0.0).values()
        return scores[structure.inverse]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        user, item = ctx.saved_tensors
        by_user, by_item = ctx.structure.by_user, ctx.structure.by_item
        gradient = gradient.contiguous()
        return (
            product(by_user.matrix(gradient[by_user.order]), item),
            product(by_item.matrix(gradient[by_item.order]), user),
            None,
        )
