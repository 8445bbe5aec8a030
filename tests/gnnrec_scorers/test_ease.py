from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from scorer_toys import edges_of, histories, ridge_by_column, uneven

from gnnrec import Edges, Observed, UsageError
from gnnrec_datasets import MovieLens
from gnnrec_scorers import EASE, symmetric_inverse
from gnnrec_scorers.autoencoder import item_weights
from gnnrec_scorers.symmetric_inverse import invert_

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["real_data"]


@pytest.mark.parametrize("l2", [0.5, 3.0, 300.0])
def test_weights_are_those_of_regressing_each_item_on_all_others_in_float64(l2: float) -> None:
    expected = torch.from_numpy(ridge_by_column(uneven().double().numpy(), l2))
    weights = item_weights(edges_of(uneven()), torch.full((8,), l2))
    torch.testing.assert_close(weights.double(), expected, rtol=1e-4, atol=1e-6)
    fitted = EASE(l2=l2).fit(Observed(edges_of(uneven())), torch.Generator())
    scores = fitted(histories(uneven())).double()
    torch.testing.assert_close(scores, uneven().double() @ expected, rtol=1e-4, atol=1e-6)


def test_weights_do_not_depend_on_the_size_of_blocks() -> None:
    train, threes = edges_of(uneven()), torch.full((8,), 3.0)
    torch.testing.assert_close(item_weights(train, threes, block_cells=36), item_weights(train, threes))


def test_an_l2_that_float32_cannot_take_is_a_message() -> None:
    twins = torch.ones(3, 2)
    with pytest.raises(UsageError, match=r"^ease cannot be solved in float32 with l2 = 1e-12; raise scorer\.l2$"):
        EASE(l2=1e-12).fit(Observed(edges_of(twins)), torch.Generator())


@pytest.mark.parametrize("size", [1, 7, 61, 64])
def test_the_inverse_is_right_in_its_own_memory_however_it_is_divided(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(symmetric_inverse, "BLOCK", 8)
    monkeypatch.setattr(symmetric_inverse, "STRIP", 20)
    half = torch.randn(size, size, generator=torch.Generator().manual_seed(size))
    matrix = half @ half.T + size * torch.eye(size)
    expected = torch.linalg.inv(matrix.double())
    inverse = invert_(matrix)
    assert inverse.data_ptr() == matrix.data_ptr()
    assert inverse.is_contiguous()
    torch.testing.assert_close(inverse, inverse.T)
    torch.testing.assert_close(inverse.double(), expected, rtol=1e-4, atol=1e-6)


def test_a_matrix_that_is_not_positive_definite_is_refused() -> None:
    with pytest.raises(torch.linalg.LinAlgError):
        invert_(torch.tensor([[1.0, 2.0], [2.0, 1.0]]))


@pytest.mark.slow
def test_on_movielens_float32_agrees_with_float64_to_three_digits(
    movielens_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GNNREC_DATA", str(movielens_folder))
    everything = MovieLens(variant=("latest-small",)).load().edges
    known = torch.zeros(everything.num_users, everything.num_items)
    known[everything.users, everything.items] = 1.0
    # Items with ten ratings or more: enough for several blocks and two strips, without float64 taking a minute.
    known = known[:, known.sum(dim=0) >= 10]
    assert known.size(1) > symmetric_inverse.STRIP
    train: Edges = edges_of(known)
    scores = EASE(l2=300.0).fit(Observed(train), torch.Generator())(histories(known)).double()
    exact = known.double()
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(exact.T @ exact + 300.0 * torch.eye(known.size(1)).double()))
    weights = (-inverse / inverse.diagonal()).fill_diagonal_(0.0)
    expected = exact @ weights
    assert (scores - expected).abs().max() < 1e-3 * expected.abs().max()
    torch.testing.assert_close(scores, expected, rtol=1e-3, atol=1e-5)
