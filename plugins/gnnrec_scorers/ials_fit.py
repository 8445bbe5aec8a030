"""Item factors by the package `implicit`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from gnnrec import TrainingError, UsageError

if TYPE_CHECKING:
    from gnnrec import Edges

THREADS = 1
"""Kept the same everywhere, so that the same seed gives the same factors."""


def item_factors(
    train: Edges, *, factors: int, regularization: float, alpha: float, iterations: int, seed: int
) -> torch.Tensor:
    """Alternating least squares, each solved exactly: float32 [I, f].

    Raises:
        UsageError: The package is missing.
        TrainingError: The equations cannot be solved in float32.
    """
    try:
        from implicit.cpu.als import AlternatingLeastSquares
        from implicit.recommender_base import ModelFitError
        from scipy.sparse import csr_matrix
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise UsageError(f"scorer ials needs the package implicit: pip install gnnrec[baselines] ({error})") from error
    interactions = csr_matrix(
        (np.ones(len(train), np.float32), (train.users, train.items)), shape=(train.num_users, train.num_items)
    )
    # BLAS is called from within threads, and implicit warns where it would start its own.
    with threadpool_limits(THREADS, "blas"):
        model = AlternatingLeastSquares(
            factors=factors,
            regularization=regularization,
            alpha=1.0 + alpha,  # implicit's is the weight of an interaction itself
            use_cg=False,  # the paper's own equations, not three steps towards them
            iterations=iterations,
            num_threads=THREADS,
            random_state=seed,
        )
        try:
            model.fit(interactions, show_progress=False)
        except (ValueError, ModelFitError) as error:
            raise TrainingError(f"ials: {error}") from error
    return torch.from_numpy(model.item_factors)
