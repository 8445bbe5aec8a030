from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from scorer_toys import checkerboard, edges_of, histories, uneven

from gnnrec import Observed, TrainingError, UsageError
from gnnrec_scorers import IALS
from gnnrec_scorers.ials_module import IALSModule

if TYPE_CHECKING:
    from torch import Tensor

TOY = IALS(factors=4, regularization=0.5, alpha=3.0, iterations=7)


def fit(scorer: IALS, matrix: Tensor) -> IALSModule:
    fitted = scorer.fit(Observed(edges_of(matrix)), torch.Generator().manual_seed(0))
    assert isinstance(fitted, IALSModule)
    return fitted


def test_user_factors_are_equation_4_of_the_paper() -> None:
    fitted = fit(TOY, uneven())
    factors = fitted.item_factors.double()
    solved = fitted.user_factors(histories(uneven()))
    for user, preference in enumerate(uneven().double()):
        confidence = torch.diag(1 + 3.0 * preference)
        left = factors.T @ confidence @ factors + 0.5 * torch.eye(4).double()
        expected = torch.linalg.solve(left, factors.T @ confidence @ preference)
        torch.testing.assert_close(solved[user].double(), expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(fitted(histories(uneven())), solved @ fitted.item_factors.T)


def test_user_factors_are_those_of_implicit() -> None:
    als = pytest.importorskip("implicit.cpu.als")
    sparse = pytest.importorskip("scipy.sparse")
    limits = pytest.importorskip("threadpoolctl").threadpool_limits
    matrix = (torch.rand(150, 60, generator=torch.Generator().manual_seed(7)) < 0.2).float()
    matrix[3] = 0.0
    fitted = fit(IALS(factors=8, regularization=2.0, alpha=5.0, iterations=5), matrix)
    with limits(1, "blas"):
        peer = als.AlternatingLeastSquares(factors=8, regularization=2.0, alpha=1.0 + 5.0, num_threads=1)
        peer.item_factors = fitted.item_factors.numpy()
        theirs = peer.recalculate_user(np.arange(150), sparse.csr_matrix(matrix.numpy()))
    torch.testing.assert_close(fitted.user_factors(histories(matrix)), torch.from_numpy(theirs), rtol=1e-4, atol=1e-5)


def test_when_fitting_has_settled_users_and_items_solve_each_other() -> None:
    matrix = uneven()
    fitted = fit(TOY.model_copy(update={"iterations": 500}), matrix)
    users = fitted.user_factors(histories(matrix))
    items = IALSModule(users, 0.5, 3.0).user_factors(histories(matrix.T.contiguous()))
    torch.testing.assert_close(items, fitted.item_factors, rtol=1e-2, atol=1e-3)


def test_a_longer_history_beside_it_does_not_change_a_users_factors() -> None:
    fitted = fit(TOY, uneven())
    rows = torch.eye(8).repeat(20, 1)  # more users than are solved at once
    rows[::3] = 1.0
    together = fitted.user_factors(histories(rows))
    alone = torch.cat([fitted.user_factors(histories(row[None])) for row in rows])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-6)


def test_what_is_stored_restores_the_scorer() -> None:
    known = histories(checkerboard())
    fitted = fit(TOY, checkerboard())
    state = {name: value.clone() for name, value in fitted.state_dict().items()}
    assert set(state) == {"item_factors"}
    assert torch.equal(TOY.restore(state)(known), fitted(known))


def test_it_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    fit(TOY, uneven())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("missing", ["implicit", "implicit.cpu.als"])
def test_without_implicit_the_message_says_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == "implicit"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UsageError, match=r"pip install gnnrec\[baselines\]"):
        fit(TOY, uneven())


def test_restoring_needs_no_implicit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "implicit", None)
    assert TOY.restore({"item_factors": torch.rand(8, 4)})(histories(uneven())).isfinite().all()


def test_equations_that_cannot_be_solved_are_a_message() -> None:
    with pytest.raises(TrainingError, match=r"^ials: .*regularization"):
        fit(IALS(factors=6, regularization=1e-30, alpha=1e30), uneven())
