"""The leading eigenvectors of the walk from item to item, by randomised subspace iteration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from gnnrec.graph.sparse import product

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from gnnrec_scorers.normalised_graph import NormalisedGraph

POWER_ITERATIONS = 4

NEGLIGIBLE = 1e-5
"""Eigenvalues up to this, of at most 1, are taken for zero: float32 cannot tell them from it."""


@dataclass(frozen=True)
class Spectrum:
    """What is known of P = R̃ᵀ R̃.

    Attributes:
        values: float32 [k], its largest eigenvalues, descending; all are above zero.
        vectors: float32 [I, k], their eigenvectors: orthonormal columns.
        rest: No other eigenvalue is above; 0 where there is none but zeros.
    """

    values: Tensor
    vectors: Tensor
    rest: float


def columns_of(rank: int, num_users: int, num_items: int) -> int:
    """How many columns are iterated, more than are kept: the last that are kept shall be right too."""
    return min(rank + max(64, rank // 4), num_users, num_items)


def leading(graph: NormalisedGraph, rank: int, generator: Generator) -> Spectrum:
    """The `rank` leading eigenpairs of P, or as many as are not zero.

    Randomised subspace iteration with a QR decomposition after each step, then Rayleigh-Ritz (Halko, Martinsson and
    Tropp 2011, algorithms 4.4 and 5.3). On large data the last of them are not quite converged; with more iterations
    ChebyCF's figures for Gowalla were no better than with another seed.
    """
    num_users, num_items = graph.by_user.shape
    basis = torch.randn(num_items, columns_of(rank, num_users, num_items), generator=generator)
    for _ in range(POWER_ITERATIONS):
        basis = torch.linalg.qr(graph.walk(basis)).Q
    seen = product(graph.by_user, basis)  # [U, columns]
    values, rotation = torch.linalg.eigh((seen.T @ seen).double())  # ascending
    values, rotation = values.flip(0)[:rank].float(), rotation.flip(1)[:, :rank].float()
    kept = int((values > NEGLIGIBLE).sum())
    rest = float(values[-1]) if kept == rank < min(num_users, num_items) else 0.0
    return Spectrum(values[:kept], basis @ rotation[:, :kept], rest)
