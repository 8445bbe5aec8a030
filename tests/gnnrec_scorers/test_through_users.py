from __future__ import annotations

import pytest
import torch
from scorer_toys import edges_of, histories

from gnnrec import Observed, UsageError
from gnnrec_scorers import EASE, EDLAE
from gnnrec_scorers.autoencoder import ItemWeights, item_weights
from gnnrec_scorers.block_memory import fits_through_users
from gnnrec_scorers.through_users import ThroughUsers, low_rank


def wide() -> torch.Tensor:
    """Nine users and forty items of different popularity; user 8 and item 39 know nobody."""
    matrix = (torch.rand(9, 40, generator=torch.Generator().manual_seed(3)) < torch.linspace(0.9, 0.1, 40)).float()
    matrix[8], matrix[:, 39] = 0.0, 0.0
    return matrix


@pytest.mark.parametrize("l2", [0.5, 3.0, 300.0])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_scores_through_users_are_those_of_dense_weights_in_float64(l2: float, dropout: float) -> None:
    matrix = wide().double()
    gram = matrix.T @ matrix
    penalties = l2 + dropout / (1 - dropout) * gram.diagonal()
    inverse = torch.linalg.inv(gram + torch.diag(penalties))
    expected = matrix @ (torch.eye(40) - inverse / inverse.diagonal())
    fitted = EDLAE(l2=l2, dropout=dropout).fit(Observed(edges_of(wide())), torch.Generator())
    assert isinstance(fitted, ThroughUsers)
    torch.testing.assert_close(fitted(histories(wide())).double(), expected, rtol=1e-4, atol=1e-6)
    primal = ItemWeights(item_weights(edges_of(wide()), penalties))
    torch.testing.assert_close(fitted(histories(wide())), primal(histories(wide())), rtol=1e-4, atol=1e-5)
    assert not fitted(histories(torch.zeros(2, 40))).any()


def test_factors_do_not_depend_on_the_size_of_blocks() -> None:
    train, penalties = edges_of(wide()), torch.linspace(1, 3, 40).double()
    for whole, parts in zip(low_rank(train, penalties), low_rank(train, penalties, block_cells=50), strict=True):
        torch.testing.assert_close(whole, parts)


def test_what_takes_less_memory_is_solved() -> None:
    assert fits_through_users(610, 9724)
    assert not fits_through_users(29_858, 40_981)
    square = EASE(l2=1.0).fit(Observed(edges_of(torch.eye(12))), torch.Generator())
    assert isinstance(square, ItemWeights)


def test_edlae_without_dropout_is_ease() -> None:
    first, second = (
        scorer.fit(Observed(edges_of(wide())), torch.Generator()) for scorer in (EASE(l2=2.0), EDLAE(l2=2.0, dropout=0))
    )
    assert torch.equal(first(histories(wide())), second(histories(wide())))


def test_an_l2_that_float32_cannot_take_is_a_message() -> None:
    with pytest.raises(UsageError, match=r"^edlae cannot be solved in float32 with l2 = 1e-09; raise scorer\.l2$"):
        EDLAE(l2=1e-9, dropout=0).fit(Observed(edges_of(torch.eye(2, 9))), torch.Generator())
