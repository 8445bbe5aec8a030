"""The sum of all layers of a linear propagation at some nodes, with no more products than these need.

K layers h^(k+1) = A h^(k) summed up are E + A(E + A(… + A E)) (Horner's rule): each step is a product that is added to
E in place, no layer is kept, and the outermost product is taken at the rows that are read alone. The backward pass is
the same rule over the transposed matrices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from gnnrec.graph.propagation import Matrices, matrices_over
from gnnrec.graph.sparse import product

if TYPE_CHECKING:
    from torch_geometric.data.storage import EdgeStorage

    from gnnrec.graph.propagation import Reduce


class EmbeddedRows(NamedTuple):
    """Some users and items, in the order in which they were asked for.

    Attributes:
        user: float32 [B, D], their embeddings; of `layer_sums`, the sums of layers 0 to K.
        item: float32 [C, D].
        initial_user: float32 [B, D], layer 0.
        initial_item: float32 [C, D].
    """

    user: Tensor
    item: Tensor
    initial_user: Tensor
    initial_item: Tensor


def layer_sums(
    user: Tensor,
    item: Tensor,
    to_user: EdgeStorage,
    to_item: EdgeStorage,
    layers: int,
    rows: tuple[Tensor, Tensor],
    reduce: Reduce = "symmetric",
) -> EmbeddedRows:
    """The sum of layers 0 to K of users and items that propagate to each other, at some of them.

    Args:
        user: float32 [U, D], layer 0.
        item: float32 [I, D], layer 0.
        to_user: The edges from items to users, with the weights and degrees that they bear.
        to_item: The edges from users to items.
        layers: K, at least 1.
        rows: Users int64 [B] and items int64 [C], none twice.
        reduce: See `gnnrec.graph.propagation.propagate`.

    >>> from torch_geometric.data import HeteroData
    >>> graph = HeteroData()
    >>> graph["user", "to", "item"].edge_index = torch.tensor([[0, 1], [0, 0]])
    >>> graph["item", "to", "user"].edge_index = torch.tensor([[0, 0], [0, 1]])
    >>> edges = graph["item", "to", "user"], graph["user", "to", "item"]
    >>> one = torch.tensor([0])
    >>> sums = layer_sums(torch.tensor([[1.0], [2.0]]), torch.tensor([[4.0]]), *edges, 1, (one, one), "sum")
    >>> sums.user, sums.item
    (tensor([[5.]]), tensor([[7.]]))
    """
    with torch.autocast(user.device.type, enabled=False):
        matrices = (
            matrices_over(to_user, item.size(0), user.size(0), reduce),
            matrices_over(to_item, user.size(0), item.size(0), reduce),
        )
        sums: tuple[Tensor, ...] = _LayerSums.apply(user.float(), item.float(), matrices, layers, rows)  # type: ignore[no-untyped-call]
        return EmbeddedRows(*sums)


class _LayerSums(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        user: Tensor,
        item: Tensor,
        matrices: tuple[Matrices, Matrices],
        layers: int,
        rows: tuple[Tensor, Tensor],
    ) -> tuple[Tensor, ...]:
        to_user, to_item = matrices
        inner_user, inner_item = user, item
        for _ in range(layers - 1):
            inner_user, inner_item = (
                torch.addmm(user, to_user.matrix, inner_item),
                torch.addmm(item, to_item.matrix, inner_user),
            )
        initial = user[rows[0]], item[rows[1]]
        ctx.matrices, ctx.layers, ctx.rows, ctx.sizes = matrices, layers, rows, (user.size(0), item.size(0))
        return (
            initial[0] + to_user.at_rows(rows[0], inner_item),
            initial[1] + to_item.at_rows(rows[1], inner_user),
            *initial,
        )

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, user: Tensor, item: Tensor, initial_user: Tensor, initial_item: Tensor
    ) -> tuple[Tensor | None, ...]:
        to_user, to_item = ctx.matrices
        (users, items), (num_users, num_items) = ctx.rows, ctx.sizes
        of_item = product(to_user.transposed, user.new_zeros(num_users, user.size(1)).index_copy_(0, users, user))
        of_user = product(to_item.transposed, item.new_zeros(num_items, item.size(1)).index_copy_(0, items, item))
        all_user, all_item = of_user, of_item
        for _ in range(ctx.layers - 1):
            all_user, all_item = (
                torch.addmm(of_user, to_item.transposed, all_item),
                torch.addmm(of_item, to_user.transposed, all_user),
            )
        all_user[users] += user + initial_user  # no row stands twice, so nothing has to be scattered one by one
        all_item[items] += item + initial_item
        return all_user, all_item, None, None, None
