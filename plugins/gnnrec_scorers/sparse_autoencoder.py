"""A linear autoencoder over items whose weights are sparse: each item is regressed on a few others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix

from gnnrec_scorers.block_memory import BLOCK_CELLS
from gnnrec_scorers.co_occurrence import co_occurrence
from gnnrec_scorers.item_similarity import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from gnnrec import Edges


def sparse_item_weights(train: Edges, l2: float, neighbours: int) -> tuple[Tensor, Tensor, Tensor]:
    """Column i of B minimises |x_i - X b|² + l2 · |b|² over the b that are zero outside i's support.

    The support of i are the `neighbours` items of the largest `gains`.

    Returns:
        Pairs (j, i), both int64 [E], and B_ji, float32 [E].

    Raises:
        numpy.linalg.LinAlgError: `l2` is too small.
    """
    scored, known, _ = nearest(gains(train, l2), neighbours)
    support, ends = known.numpy(), torch.bincount(scored, minlength=train.num_items).cumsum(0).tolist()
    by_item = csr_matrix((np.ones(len(train)), (train.items, train.users)), shape=(train.num_items, train.num_users))
    values = np.empty(len(support), np.float32)
    start = 0
    for item, end in enumerate(ends):
        if start == end:
            continue
        rows = by_item[np.append(support[start:end], item)]
        gram = (rows @ rows.T).toarray()  # of the support, and of the item with it in the last column
        left, right = gram[:-1, :-1], gram[:-1, -1]
        left[np.diag_indices_from(left)] += l2
        values[start:end] = cho_solve(cho_factor(left, check_finite=False), right, check_finite=False)
        start = end
    return known, scored, torch.from_numpy(values)


def gains(train: Edges, l2: float, *, block_cells: int = BLOCK_CELLS) -> Iterator[tuple[Tensor, Tensor]]:
    """From each item i of a block to every j: c_ij² / (n_j + l2), what j alone takes off the squared error of i.

    c_ij users know both items, n_j users know j.
    """
    counts = torch.bincount(torch.from_numpy(train.items), minlength=train.num_items)
    for items, common in co_occurrence(train, block_cells=block_cells):
        yield items, common.square_().div_(counts + l2)
