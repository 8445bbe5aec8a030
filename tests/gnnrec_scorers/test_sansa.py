from __future__ import annotations

import numpy as np
import pytest
import torch
from scorer_toys import edges_of, histories, ridge_by_column, uneven

from gnnrec import Observed, UsageError
from gnnrec_scorers import SANSA


def weights(scorer: SANSA, matrix: torch.Tensor) -> torch.Tensor:
    """B [I, I] in float64."""
    fitted = scorer.fit(Observed(edges_of(matrix)), torch.Generator())
    return fitted(histories(torch.eye(matrix.size(1)))).double()


def test_where_every_item_supports_every_other_it_is_ease() -> None:
    matrix = torch.cat([uneven()[:, :6], torch.ones(1, 6)])
    expected = torch.from_numpy(ridge_by_column(matrix.double().numpy(), 2.0))
    torch.testing.assert_close(weights(SANSA(l2=2.0), matrix), expected, rtol=1e-5, atol=1e-6)


def test_an_item_is_regressed_on_those_that_explain_it_best_alone() -> None:
    matrix = uneven().double().numpy()
    gram = matrix.T @ matrix
    gain = gram**2 / (gram.diagonal() + 2.0)
    np.fill_diagonal(gain, 0.0)
    expected = np.zeros_like(gram)
    for item in range(7):
        best = np.sort(np.argsort(-gain[item], kind="stable")[:3])
        left = gram[np.ix_(best, best)] + 2.0 * np.eye(3)
        expected[best, item] = np.linalg.solve(left, gram[best, item])
    found = weights(SANSA(l2=2.0, neighbours=3), uneven())
    torch.testing.assert_close(found, torch.from_numpy(expected), rtol=1e-5, atol=1e-6)


def test_an_l2_that_is_too_small_is_a_message() -> None:
    with pytest.raises(UsageError, match=r"^sansa cannot be solved with l2 = 1e-30; raise scorer\.l2$"):
        weights(SANSA(l2=1e-30), torch.ones(3, 4))
