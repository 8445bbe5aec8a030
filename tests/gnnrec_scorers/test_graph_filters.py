from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

import pytest
import torch
from scorer_toys import edges_of, histories, uneven

from gnnrec import Observed
from gnnrec_scorers import BSPM, GFCF, ChebyCF
from gnnrec_scorers.chebyshev import coefficients, response
from gnnrec_scorers.graph_filter import straight_line
from gnnrec_scorers.normalised_graph import NormalisedGraph
from gnnrec_scorers.spectrum import leading

if TYPE_CHECKING:
    from torch import Tensor

    from gnnrec_scorers.spectral import Spectral

ALL = 1000
"""A rank above what any toy has."""


def wide() -> Tensor:
    """Sixty users and forty items in blocks that overlap a little, and some that know nobody."""
    generator = torch.Generator().manual_seed(3)
    near = (torch.arange(60)[:, None] // 12 - torch.arange(40) // 8).abs()
    matrix = (torch.rand(60, 40, generator=generator) < 0.6 * 0.3**near).float()
    matrix[59], matrix[:, 39] = 0.0, 0.0
    return matrix


def walk(matrix: Tensor) -> Tensor:
    """P in float64, from its definition."""
    users, items = (matrix.double().sum(dim).clamp(min=1).rsqrt() for dim in (1, 0))
    normalised = users[:, None] * matrix.double() * items
    return normalised.T @ normalised


def chebyshev(argument: Tensor, found: Tensor) -> Tensor:
    """Σ c_k T_k by the recurrence, of a matrix [I, I]."""
    before, now = torch.eye(len(argument)).double(), argument
    total = found[0] * before + found[1] * now
    for each in found[2:]:
        before, now = now, 2 * argument @ now - before
        total += each * now
    return total


def ideal(matrix: Tensor, rank: int) -> Tensor:
    """V Vᵀ, of the leading eigenvectors with eigenvalues above zero."""
    values, vectors = torch.linalg.eigh(walk(matrix))
    leading_ones = vectors[:, values > 1e-9][:, -rank:]
    return leading_ones @ leading_ones.T


def scores(scorer: Spectral, matrix: Tensor, seed: int = 0) -> Tensor:
    fitted = scorer.fit(Observed(edges_of(matrix)), torch.Generator().manual_seed(seed))
    return fitted(histories(matrix)).double()


def chebycf(matrix: Tensor, scorer: ChebyCF) -> Tensor:
    """The paper's formula on dense matrices."""
    degrees = matrix.double().sum(dim=0).clamp(min=1) ** scorer.beta
    identity = torch.eye(matrix.size(1)).double()
    polynomial = chebyshev(identity - 2 * walk(matrix), coefficients(scorer.degree, scorer.flatness))
    whole = polynomial + scorer.alpha * ideal(matrix, scorer.rank)
    return matrix.double() / degrees @ whole * degrees


def test_coefficients_are_as_by_hand_and_those_of_the_published_filter_for_gowalla() -> None:
    assert coefficients(1, 3.0).tolist() == pytest.approx([0.5, -(0.5**0.5)])
    published = [0.5, -0.4927, 0.0, -0.0323, 0.0, 0.0211, 0.0, -0.0011, 0.0]  # of a target with three decimals
    assert coefficients(8, 1.5).tolist() == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize(("degree", "flatness"), [(1, 1.0), (8, 1.5), (5, 10.0)])
def test_with_all_eigenvectors_chebycf_is_the_recurrence(degree: int, flatness: float) -> None:
    for matrix in (uneven(), wide(), uneven().T.contiguous()):
        scorer = ChebyCF(rank=ALL, degree=degree, flatness=flatness)
        torch.testing.assert_close(scores(scorer, matrix), chebycf(matrix, scorer), rtol=1e-4, atol=1e-5)


def test_with_fewer_it_differs_by_no_more_than_the_line_does() -> None:
    matrix, scorer = wide(), ChebyCF(rank=8, flatness=1.5, beta=0.0)
    spectrum = leading(NormalisedGraph.of(edges_of(matrix)), 8, torch.Generator().manual_seed(0))
    polynomial = partial(response, coefficients(scorer.degree, scorer.flatness))
    between = torch.linspace(0, spectrum.rest, 1000)
    constant, slope = straight_line(polynomial, spectrum.rest)
    furthest = float((polynomial(between) - constant - slope * between).abs().max())
    off = (scores(scorer, matrix) - chebycf(matrix, scorer)).norm(dim=1) / matrix.norm(dim=1).clamp(min=1)
    assert 0.001 < furthest < 0.05
    assert float(off.max()) <= furthest + 1e-5


def test_gf_cf_is_the_papers_formula_at_any_rank() -> None:
    matrix = wide()
    root = matrix.double().sum(dim=0).clamp(min=1).sqrt()
    for rank in (3, ALL):
        known = matrix.double()
        expected = known @ walk(matrix) + 0.5 * (known / root @ ideal(matrix, rank) * root)
        torch.testing.assert_close(scores(GFCF(rank=rank, alpha=0.5), matrix), expected, rtol=1e-4, atol=1e-4)


def test_with_all_eigenvectors_bspm_is_a_step_of_heat_and_one_of_runge_and_kutta_backwards() -> None:
    matrix = wide()
    step, root = walk(matrix), matrix.double().sum(dim=0).clamp(min=1).sqrt()
    known = matrix.double()
    blurred = known + (known @ step - known) + 0.2 * (known / root @ ideal(matrix, ALL) * root)
    first = -blurred @ step
    second = -(blurred + 1.25 * first) @ step
    third = -(blurred + 1.25 * second) @ step
    fourth = -(blurred + 2.5 * third) @ step
    expected = blurred + 2.5 / 6 * (first + 2 * second + 2 * third + fourth)
    torch.testing.assert_close(scores(BSPM(rank=ALL, sharpening=2.5), matrix), expected, rtol=1e-4, atol=1e-4)
    unsharpened = BSPM(rank=4, sharpening=0.0, alpha=0.3)
    torch.testing.assert_close(scores(unsharpened, matrix), scores(GFCF(rank=4), matrix), rtol=1e-4, atol=1e-5)


def test_eigenpairs_are_those_of_a_dense_decomposition_and_null_ones_are_left_out() -> None:
    matrix = wide()
    graph = NormalisedGraph.of(edges_of(matrix))
    expected = torch.linalg.eigvalsh(walk(matrix)).flip(0).float()
    few = leading(graph, 5, torch.Generator().manual_seed(0))
    torch.testing.assert_close(few.values, expected[:5], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(graph.walk(few.vectors), few.vectors * few.values, rtol=0.0, atol=5e-3)
    assert few.rest == few.values[-1]
    every = leading(graph, ALL, torch.Generator().manual_seed(0))
    assert len(every.values) == int((expected > 1e-5).sum()) < 40
    torch.testing.assert_close(every.vectors.T @ every.vectors, torch.eye(len(every.values)), rtol=0.0, atol=1e-4)
    assert every.rest == 0.0


def test_of_many_eigenvectors_the_leading_ones_are_found_in_a_subspace() -> None:
    matrix = (torch.rand(300, 200, generator=torch.Generator().manual_seed(4)) < 0.05).float()
    expected = torch.linalg.eigvalsh(walk(matrix)).flip(0).float()
    found = leading(NormalisedGraph.of(edges_of(matrix)), 10, torch.Generator().manual_seed(0))
    torch.testing.assert_close(found.values, expected[:10], rtol=2e-3, atol=0.0)
    assert found.rest == found.values[-1]


def test_a_line_is_met_exactly_and_a_curve_in_least_squares() -> None:
    torch.testing.assert_close(straight_line(lambda x: 3 * x + 1, 0.2), torch.tensor([1.0, 3.0]), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(straight_line(torch.square, 1.0), torch.tensor([-1 / 6, 1.0]), rtol=1e-2, atol=1e-3)
    torch.testing.assert_close(straight_line(torch.cos, 0.0), torch.tensor([1.0, 0.0]))


@pytest.mark.parametrize("scorer", [ChebyCF(rank=4), GFCF(rank=4), BSPM(rank=4)], ids=lambda each: each.name)
def test_nobody_and_nothing_known_scores_zero(scorer: Spectral) -> None:
    for matrix in (torch.zeros(3, 4), torch.ones(1, 1), torch.zeros(2, 1), wide()):
        fitted = scorer.fit(Observed(edges_of(matrix)), torch.Generator().manual_seed(0))
        assert fitted(histories(torch.ones(2, matrix.size(1)))).isfinite().all()
        assert (fitted(histories(torch.zeros(2, matrix.size(1)))) == 0).all()
    assert (scores(scorer, wide())[:59, 39] == 0).all()  # an item that nobody knows


def test_a_rank_above_what_the_data_have_takes_all_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "gnnrec"):
        scores(GFCF(rank=512), uneven())
    said = "gf_cf: these data have no more than 7 eigenvectors; scorer.rank = 512 takes them all"
    assert caplog.messages == [said]


def test_what_is_stored_restores_the_filter() -> None:
    scorer, matrix = ChebyCF(rank=3), wide()
    fitted = scorer.fit(Observed(edges_of(matrix)), torch.Generator().manual_seed(0))
    state = {name: value.clone() for name, value in fitted.state_dict().items()}
    known = histories(matrix)
    assert torch.equal(scorer.restore(state)(known), fitted(known))
