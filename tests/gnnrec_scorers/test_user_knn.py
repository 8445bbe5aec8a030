from __future__ import annotations

import pytest
import torch
from scorer_toys import edges_of, histories, uneven

from gnnrec import Observed
from gnnrec_scorers import UserKNN


def fit(scorer: UserKNN, matrix: torch.Tensor) -> torch.nn.Module:
    return scorer.fit(Observed(edges_of(matrix)), torch.Generator())


def test_what_nearest_users_know_is_summed_as_by_hand() -> None:
    # Of the cosines 1 / sqrt(2), 1 / sqrt(2), 1 / sqrt(3) to a history of item 0, the third is no neighbour.
    known = torch.tensor([[1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 0, 1], [0, 0, 0, 1]]).float()
    fitted = fit(UserKNN(neighbours=2, item_power=0, power=2), known)
    scores = fitted(histories(torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])))
    torch.testing.assert_close(scores, torch.tensor([[1.0, 0.5, 0.5, 0.0], [0.0, 0.0, 0.0, 0.0]]))


@pytest.mark.parametrize(("item_power", "power"), [(0.0, 1.0), (0.25, 1.5), (1.0, 0.5)])
def test_scores_are_those_of_dense_matrices(item_power: float, power: float) -> None:
    matrix = uneven().double()
    weighed = matrix * matrix.sum(0).clamp(min=1) ** -item_power
    unit = torch.nn.functional.normalize(weighed)
    cosines = unit @ unit.T
    expected = torch.where(cosines > 0, cosines.clamp(min=1e-9) ** power, 0.0) @ matrix
    fitted = fit(UserKNN(item_power=item_power, power=power), uneven())
    torch.testing.assert_close(fitted(histories(uneven())).double(), expected, rtol=1e-5, atol=1e-6)
