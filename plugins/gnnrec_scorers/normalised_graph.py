"""The interactions as graph filters see them: normalised by degrees, and the walk from item to item over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from gnnrec.graph.sparse import Structure, product

if TYPE_CHECKING:
    from typing import Self

    from gnnrec import Edges


class NormalisedGraph(nn.Module):
    """R̃ = D_u^-½ R D_i^-½ [U, I] and the walk P = R̃ᵀ R̃ [I, I], whose eigenvalues lie between 0 and 1.

    A user or an item without interactions has a row of zeros. Ratings do not count.

    Args:
        users: int32 [E], of each interaction.
        items: int32 [E], of each interaction.
        num_users: U.
        num_items: I.
    """

    users: Tensor
    items: Tensor
    by_user: Tensor
    by_item: Tensor

    def __init__(self, users: Tensor, items: Tensor, num_users: int, num_items: int) -> None:
        super().__init__()
        self.register_buffer("users", users)
        self.register_buffer("items", items)
        rows = Structure.by_row(users.long(), items.long(), (num_users, num_items))
        columns = rows.transposed()
        user_degrees, item_degrees = rows.crow.diff().float(), columns.crow.diff().float()
        values = (user_degrees[users] * item_degrees[items]).rsqrt_()[rows.order]
        self.register_buffer("by_user", rows.matrix(values), persistent=False)
        self.register_buffer("by_item", columns.matrix(values[columns.order]), persistent=False)

    @classmethod
    def of(cls, edges: Edges) -> Self:
        """That of some edges."""
        users, items = torch.from_numpy(edges.users), torch.from_numpy(edges.items)
        return cls(users.int(), items.int(), edges.num_users, edges.num_items)

    @property
    def degrees(self) -> Tensor:
        """Interactions of each item, float32 [I]; one where there are none, so that it can be divided by."""
        return self.by_item.crow_indices().diff().clamp(min=1).float()

    def walk(self, signals: Tensor) -> Tensor:
        """P x for each column x: [I, D] → [I, D], in fresh memory."""
        return product(self.by_item, product(self.by_user, signals))

    def users_of(self, signals: Tensor) -> Tensor:
        """R̃ x for each row x: CSR [B, I] → [B, U]."""
        # As coordinates: compressed rows are multiplied with each other only where torch is built with MKL.
        reached = torch.sparse.mm(signals.to_sparse_coo(), self.by_item.to_sparse_coo())  # type: ignore[no-untyped-call]
        dense: Tensor = reached.to_dense()
        return dense
