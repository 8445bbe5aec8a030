"""The sum of all layers of a linear propagation at some nodes, with no more products than these need.

Of K layers h^(k+1) = A h^(k) the first K are read at some rows, and the last is computed at these alone. With S, that
puts rows where they belong, the gradient is S g + Aᵀ(S g + Aᵀ(… + Aᵀ S g)) (Horner's rule): in both directions a layer
costs a product and the rows that are read, and the innermost product of the gradient is again one over few rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from gnnrec.graph.propagation import Matrices, matrices_over
from gnnrec.graph.sparse import product

if TYPE_CHECKING:
    from torch_geometric.data.storage import EdgeStorage

    from gnnrec.graph.propagation import Reduce


MOST_OF_ALL = 0.5
"""The share of a matrix's entries from which on all of its rows are taken rather than some laid out anew."""


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


@dataclass(frozen=True)
class _AtRows:
    """A product at some of its rows.

    Attributes:
        whole: All rows.
        some: These alone; None where they have most of the entries, so that laying them out would not pay.
        rows: int64 [B].
    """

    whole: Matrices
    some: Matrices | None
    rows: Tensor

    @classmethod
    def of(cls, whole: Matrices, rows: Tensor) -> _AtRows:
        crow = whole.structure.crow
        entries = int((crow[rows + 1] - crow[rows]).sum())
        return cls(whole, whole.rows(rows) if entries <= MOST_OF_ALL * len(whole.factors) else None, rows)

    def product(self, dense: Tensor) -> Tensor:
        """With [S, D]: [B, D]."""
        return product(self.whole.matrix, dense)[self.rows] if self.some is None else product(self.some.matrix, dense)

    def transposed_product(self, dense: Tensor) -> Tensor:
        """With [B, D]: [S, D]."""
        if self.some is not None:
            return product(self.some.transposed, dense)
        spread = dense.new_zeros(self.whole.structure.shape[0], dense.size(1)).index_copy_(0, self.rows, dense)
        return product(self.whole.transposed, spread)


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
        (to_user, to_item), (users, items) = matrices, rows
        initial = user[users], item[items]
        sums = initial
        for _ in range(layers - 1):
            user, item = product(to_user.matrix, item), product(to_item.matrix, user)
            sums = sums[0] + user[users], sums[1] + item[items]
        outer = _AtRows.of(to_user, users), _AtRows.of(to_item, items)
        ctx.matrices, ctx.outer, ctx.layers = matrices, outer, layers
        return sums[0] + outer[0].product(item), sums[1] + outer[1].product(user), *initial

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, user: Tensor, item: Tensor, initial_user: Tensor, initial_item: Tensor
    ) -> tuple[Tensor | None, ...]:
        (to_user, to_item), outer = ctx.matrices, ctx.outer
        all_item, all_user = outer[0].transposed_product(user), outer[1].transposed_product(item)
        for _ in range(ctx.layers - 1):
            all_user[outer[0].rows] += user  # no row stands twice, so nothing has to be added one by one
            all_item[outer[1].rows] += item
            all_user, all_item = (
                product(to_item.transposed, all_item),
                product(to_user.transposed, all_user),
            )
        all_user[outer[0].rows] += user + initial_user
        all_item[outer[1].rows] += item + initial_item
        return all_user, all_item, None, None, None
