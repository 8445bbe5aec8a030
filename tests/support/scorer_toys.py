"""Toy interactions whose right recommendations are known, for the tests of scorers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from gnnrec.data.edges import Edges
from gnnrec.graph.sparse import Structure
from gnnrec.testing import Checkerboard

if TYPE_CHECKING:
    from torch import Tensor

SIZE = 10


def edges_of(matrix: Tensor) -> Edges:
    """The ones of [U, I] as edges."""
    users, items = matrix.nonzero().T.contiguous().numpy()
    return Edges(users.copy(), items.copy(), *matrix.shape)


def checkerboard() -> Tensor:
    """Ten users and ten items; user u knows every item of u's parity but item u: so item u is the right one."""
    return Checkerboard(SIZE, SIZE).histories.to_dense()


def uneven() -> Tensor:
    """Twelve users and eight items of different popularity, drawn once; user 11 and item 7 know nobody."""
    generator = torch.Generator().manual_seed(1)
    matrix = (torch.rand(12, 8, generator=generator) < torch.linspace(0.9, 0.2, 8)).float()
    matrix[11], matrix[:, 7] = 0.0, 0.0
    return matrix


def histories(matrix: Tensor) -> Tensor:
    """[B, I] of zeros and ones as the CSR tensor that a scorer takes."""
    rows, items = matrix.nonzero().T
    structure = Structure.of(rows, items, (matrix.size(0), matrix.size(1)))
    return structure.matrix(torch.ones(len(rows)))


def ridge_by_column(matrix: np.ndarray, l2: float) -> np.ndarray:
    """EASE as Steck 2019 poses it: each item regressed on all others, in float64; no inverse of the whole."""
    gram = matrix.T @ matrix
    weights = np.zeros_like(gram)
    for item in range(len(gram)):
        others = np.delete(np.arange(len(gram)), item)
        left = gram[np.ix_(others, others)] + l2 * np.eye(len(others))
        weights[others, item] = np.linalg.solve(left, gram[others, item])
    return weights
