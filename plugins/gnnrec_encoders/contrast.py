"""How two views of the same nodes are contrasted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

if TYPE_CHECKING:
    from gnnrec.contract.training import Batch

    View = tuple[Tensor, Tensor]
    """User [U, D] and item [I, D]; a name for annotations."""


def contrast_of(first: View, second: View, batch: Batch, temperature: float) -> Tensor:
    """InfoNCE over a batch's users, plus that over its items: a scalar.

    A mean over nodes where papers sum, so that a weight means the same for any batch size. The negatives of a node are
    the batch's others.

    Args:
        first: One view of all nodes.
        second: The other; the negatives come from here.
        batch: Its `users` and `items` are rows of the views; each counts once.
        temperature: See `info_nce`.
    """
    (user, item), (other_user, other_item) = first, second
    users, items = torch.unique(batch.users), torch.unique(batch.items)
    return info_nce(user[users], other_user[users], temperature) + info_nce(item[items], other_item[items], temperature)


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
