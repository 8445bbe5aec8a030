"""Checks of closed-form scorers: they score histories, each by itself, and learn what there is to learn."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Generator, Tensor

from gnnrec.contract.blending import Blending
from gnnrec.graph.sparse import incidence
from gnnrec.testing.blending import RULES as OF_BLENDING
from gnnrec.testing.blending import BlendingCase
from gnnrec.testing.checkerboard import Checkerboard
from gnnrec.testing.comparing import TOLERANCE, difference
from gnnrec.testing.every_kind import EVERY_KIND, Job, repeatable
from gnnrec.testing.modules import left_behind
from gnnrec.testing.rule import bound, rule
from gnnrec.testing.toy_data import toy_edges, toy_observed

if TYPE_CHECKING:
    from torch import nn

    from gnnrec.contract.kinds import Scorer

FIT = "gnnrec.contract.kinds.Scorer.fit"

BOARD = (40, 60)
"""Users and items of the checkerboard, so many that usual regularisation leaves something to learn."""


@dataclass(frozen=True)
class ScorerCase:
    """A scorer.

    Attributes:
        component: Its fields are checked as they are.
        personal: Whether it looks at a user's history, and so has to learn the checkerboard.
    """

    component: Scorer
    personal: bool = True

    def fit(self, seed: int = 0) -> nn.Module:
        """Fitted on what is known of the toy edges."""
        return self.component.fit(toy_observed(), Generator().manual_seed(seed))


def _histories() -> Tensor:
    """What the toy's users know, and a new user; the last of the toy's users knows nothing: CSR [22, 16]."""
    edges = toy_edges()
    new = torch.tensor([0, 5, 6])
    rows = torch.cat([torch.from_numpy(edges.users), torch.full_like(new, edges.num_users)])
    return incidence(rows, torch.cat([torch.from_numpy(edges.items), new]), (edges.num_users + 1, edges.num_items))


def _rows(histories: Tensor, rows: list[int]) -> Tensor:
    """Some rows of a CSR tensor, in this order, as a CSR tensor."""
    of_row, items = histories.to_dense()[rows].nonzero().T
    return incidence(of_row, items, (len(rows), histories.size(1)))


def _score(module: nn.Module, histories: Tensor) -> Tensor:
    with torch.no_grad():
        scores: Tensor = module(histories)
    return scores


def _job(case: ScorerCase) -> Job:
    observed, histories = toy_observed(), _histories()

    def result() -> Any:
        module = case.component.fit(observed, Generator().manual_seed(0))
        return {"state": module, "the score": _score(module, histories)}

    inputs = (observed, histories.crow_indices(), histories.col_indices(), histories.values())
    return Job(inputs, result)


@rule(FIT)
def scores_every_item(case: ScorerCase) -> str | None:
    """`forward(histories)` gives float32 [B, I] without NaN, for new users and empty histories too."""
    histories = _histories()
    scores = _score(case.fit(), histories)
    if scores.dtype != torch.float32 or scores.shape != histories.shape:
        return f"{scores.dtype} {list(scores.shape)}, not float32 {list(histories.shape)}"
    wrong = torch.isnan(scores).any(dim=1)
    if not wrong.any():
        return None
    known = int(histories.crow_indices().diff()[wrong][0])
    return f"{int(wrong.sum())} rows with NaN, the first for a user who knows {known} items"


@rule(FIT)
def gives_scores_in_fresh_memory(case: ScorerCase) -> str | None:
    """Whoever gets scores may write into them: nothing else changes."""
    module, histories = case.fit(), _histories()
    scores = _score(module, histories)
    before = scores.clone()
    scores[0, 0] = -torch.inf
    same = (scores == before) | (scores.isnan() & before.isnan())
    changed = int((~same).sum()) - 1
    if changed:
        return f"a write to one score changed {changed} others"
    scores.fill_(-torch.inf)
    return difference(before, _score(module, histories), at="after a write to all scores, the next answer")


@rule(FIT)
def scores_each_row_by_itself(case: ScorerCase) -> str | None:
    """A user's scores do not depend on which others are scored with it, nor on their order."""
    module, histories = case.fit(), _histories()
    together = _score(module, histories)
    count = histories.size(0)
    backwards = _score(module, _rows(histories, list(range(count))[::-1])).flip(0)
    alone = torch.cat([_score(module, _rows(histories, [row])) for row in range(count)])
    return difference(together, backwards, TOLERANCE, "the score, with rows reversed,") or difference(
        together, alone, TOLERANCE, "the score, row by row,"
    )


@rule("gnnrec.contract.kinds.Scorer.deterministic")
def says_whether_the_seed_matters(case: ScorerCase) -> str | None:
    """With `deterministic = True` another seed gives the same scores."""
    if not case.component.deterministic:
        return None
    histories = _histories()
    return difference(_score(case.fit(0), histories), _score(case.fit(1), histories), TOLERANCE, "the score")


@rule("gnnrec.contract.kinds.Scorer.restore")
def is_restored_from_what_was_stored(case: ScorerCase) -> str | None:
    """With `stored = True`, `restore` of the saved `state_dict` gives the same scores."""
    if not case.component.stored:
        return None
    module, histories = case.fit(), _histories()
    state = {name: copy.deepcopy(value) for name, value in module.state_dict().items()}
    return difference(_score(module, histories), _score(case.component.restore(state), histories), at="the score")


@rule(FIT)
def keeps_what_it_learned_in_buffers(case: ScorerCase) -> str | None:
    """What was learned is in buffers, so that it is saved and follows the module."""
    return left_behind(case.fit())


@rule(FIT)
def learns_the_checkerboard(case: ScorerCase) -> str | None:
    """On the checkerboard the best unknown item is the held-out one, for every user.

    Not asked with `personal=False`, for scorers that look at no history.
    """
    if not case.personal:
        return None
    board = Checkerboard(*BOARD)
    module = case.component.fit(board.observed, Generator().manual_seed(0))
    wrong = board.mistakes(_score(module, board.histories))
    if not wrong:
        return None
    return f"wrong for {len(wrong)} of {board.num_users} users (personal=False, if it looks at no history)"


RULES = (
    *EVERY_KIND,
    scores_every_item,
    gives_scores_in_fresh_memory,
    scores_each_row_by_itself,
    says_whether_the_seed_matters,
    is_restored_from_what_was_stored,
    keeps_what_it_learned_in_buffers,
    learns_the_checkerboard,
    *repeatable(FIT, _job),
)


def check_scorer(component: Scorer, *, personal: bool = True) -> None:
    """Check a scorer, as its fields are.

    Args:
        component: The scorer; of one that is made of parts, what joins them is checked.
        personal: False for one that looks at no history, such as popularity: it cannot learn the checkerboard.

    Raises:
        ContractViolation: It breaks a rule; the message says which, what was asked for and what was got.
    """
    if isinstance(component, Blending):
        checks = bound("scorer", OF_BLENDING, BlendingCase(component))
    else:
        checks = bound("scorer", RULES, ScorerCase(component, personal))
    for check in checks:
        check()
