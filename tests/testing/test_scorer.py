from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import torch
from mutants import Mutant, assert_caught, assert_every_check_catches_something, each, failures, wrong
from torch import nn

from gnnrec import Scorer
from gnnrec.testing import Checkerboard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from gnnrec import Observed


class Counts(nn.Module):
    """How often each item is known together with those of the history."""

    def __init__(self, together: Tensor) -> None:
        super().__init__()
        self.register_buffer("together", together)

    def forward(self, histories: Tensor) -> Tensor:
        return histories.to_dense() @ self.together


class Together(Scorer):
    """What is asked for."""

    name: Literal["together"] = "together"

    stored: ClassVar[bool] = True

    module: ClassVar[type] = Counts

    def fit(self, observed: Observed, generator: torch.Generator) -> nn.Module:  # noqa: ARG002 - nothing is drawn
        edges = observed.edges
        matrix = torch.zeros(edges.num_users, edges.num_items)
        matrix[torch.from_numpy(edges.users), torch.from_numpy(edges.items)] = 1.0
        module: nn.Module = self.module((matrix.T @ matrix).fill_diagonal_(0.0))
        return module

    def restore(self, state: Mapping[str, Tensor]) -> nn.Module:
        module: nn.Module = self.module(state["together"])
        return module


class Drawn(Together):
    """What is asked for, with a little noise from the generator, and never stored."""

    stored: ClassVar[bool] = False
    deterministic: ClassVar[bool] = False

    def fit(self, observed: Observed, generator: torch.Generator) -> nn.Module:
        module = super().fit(observed, generator)
        module.together += 0.01 * torch.rand(module.together.shape, generator=generator)
        return module


class SaysItIsDeterministic(Drawn):
    """Draws, and denies it."""

    deterministic: ClassVar[bool] = True


class Forgets(Together):
    """Restores something else."""

    def restore(self, state: Mapping[str, Tensor]) -> nn.Module:
        return Counts(state["together"].relu() * (torch.arange(16) < 9))


class Careless(Drawn):
    """Draws from the global state."""

    def fit(self, observed: Observed, generator: torch.Generator) -> nn.Module:  # noqa: ARG002 - that is what is wrong
        return super().fit(observed, torch.default_generator)


class Turning(Together):
    """Turns what it is given upside down."""

    def fit(self, observed: Observed, generator: torch.Generator) -> nn.Module:
        for side in (observed.edges.users, observed.edges.items):
            side[:] = side[::-1].copy()
        return super().fit(observed, generator)


def divided_by_the_history(self: Any, histories: Tensor) -> Tensor:
    return Counts.forward(self, histories) / histories.to_dense().sum(dim=1, keepdim=True)


def as_probabilities(self: Any, histories: Tensor) -> Tensor:
    return Counts.forward(self, histories).double()


def out_of_a_cache(self: Any, histories: Tensor) -> Tensor:
    kept = getattr(self, "kept", None)
    if kept is None or not torch.equal(kept[0], histories.to_dense()):
        kept = self.kept = histories.to_dense(), Counts.forward(self, histories)
    return kept[1]


def centred(self: Any, histories: Tensor) -> Tensor:
    scores = Counts.forward(self, histories)
    return scores - scores.mean(dim=0)


def with_a_matrix_aside(self: Any, together: Tensor) -> None:
    Counts.__init__(self, together)
    self.transposed = together.T


def by_popularity(self: Any, histories: Tensor) -> Tensor:
    return self.together.sum(dim=0).repeat(histories.size(0), 1)


MUTANTS = (
    Mutant(
        "scores_every_item", wrong(Together, forward=as_probabilities), "torch.float64 [22, 16], not float32 [22, 16]"
    ),
    Mutant(
        "scores_every_item",
        wrong(Together, forward=divided_by_the_history),
        "3 rows with NaN, the first for a user who knows 0 items",
    ),
    Mutant(
        "gives_scores_in_fresh_memory",
        wrong(Together, forward=out_of_a_cache),
        "after a write to all scores, the next answer differs by up to inf",
    ),
    Mutant(
        "scores_each_row_by_itself",
        wrong(Together, forward=centred),
        "the score, row by row, differs by up to",
    ),
    Mutant("says_whether_the_seed_matters", SaysItIsDeterministic(), "the score differs by up to"),
    Mutant("is_restored_from_what_was_stored", Forgets(), "the score differs by up to"),
    Mutant(
        "keeps_what_it_learned_in_buffers",
        wrong(Together, __init__=with_a_matrix_aside),
        "transposed: no parameter, buffer or child module",
    ),
    Mutant(
        "learns_the_checkerboard", wrong(Together, forward=by_popularity), "wrong for 40 of 40 users (personal=False"
    ),
    Mutant("same_seed_same_result", Careless(), "state.together differs by up to"),
    Mutant("leaves_its_input_alone", Turning(), "0.edges.users differs in"),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_every_check_catches_something() -> None:
    assert_every_check_catches_something("scorer", MUTANTS)


def test_scorers_that_are_right_pass() -> None:
    assert failures(Together()) == []
    assert failures(Drawn()) == []


def test_a_scorer_that_looks_at_no_history_passes_where_that_is_said() -> None:
    assert failures(wrong(Together, forward=by_popularity), personal=False) == []


def test_one_score_shared_by_all_rows_is_no_fresh_memory() -> None:
    def expanded(self: Any, histories: Tensor) -> Tensor:
        return self.together.sum(dim=0).expand(histories.size(0), -1)

    (violation, *_) = failures(wrong(Together, forward=expanded), personal=False)
    assert violation.check == "gives_scores_in_fresh_memory"
    assert "a write to one score changed 21 others" in str(violation)


def test_the_checkerboard_holds_out_one_cell_of_each_users_colour() -> None:
    board = Checkerboard(6, 8)
    assert board.held_out.users.tolist() == board.held_out.items.tolist() == [0, 1, 2, 3, 4, 5]
    assert board.histories.to_dense()[2].nonzero().flatten().tolist() == [0, 4, 6]
    own = torch.eye(6, 8)
    assert board.mistakes(own) == []
    assert board.top(own).tolist() == [0, 1, 2, 3, 4, 5]
    assert board.mistakes(own.flip(1)) == [0, 1, 2, 3, 4, 5]
    assert len(board.interactions) == len(board.known) + len(board.held_out) == 24
