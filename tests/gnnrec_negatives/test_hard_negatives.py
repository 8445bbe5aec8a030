from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from surprise import alike, surprise
from toys import edges

from gnnrec import Observed, RecipeError, load_recipe
from gnnrec.contract.training import Batch
from gnnrec_negatives import Hard

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from gnnrec import Edges

KNOWN = edges([(0, 1), (0, 8), (1, 0)], 3, 10)
"""User 0 does not know items 0, 2 to 7 and 9, user 1 none but 0."""


def by_number(users: Tensor, items: Tensor) -> Tensor:
    """The higher the item's number, the higher the score."""
    assert users.shape == items.shape
    return items.float() / 10


def negatives(
    hard: Hard, epoch: int = 1, score: Callable[[Tensor, Tensor], Tensor] | None = by_number, known: Edges = KNOWN
) -> tuple[Tensor, Tensor]:
    batch = Batch(torch.arange(len(known)), torch.from_numpy(known.users), torch.from_numpy(known.items), epoch)
    sampler = hard.build(Observed(known), known, known, torch.Generator())
    drawn: tuple[Tensor, Tensor] = sampler(batch, torch.Generator().manual_seed(5), score)
    return drawn


def test_with_very_many_candidates_the_highest_scored_unknown_item_is_found() -> None:
    users, items = negatives(Hard(candidates=1000, ratio=3))
    assert users.tolist() == [[0] * 3, [0] * 3, [1] * 3]
    assert items.tolist() == [[9] * 3] * 3
    _, items = negatives(Hard(candidates=1000, ratio=3), score=lambda *pair: -by_number(*pair))
    assert items.tolist() == [[0] * 3, [0] * 3, [1] * 3]


def test_pairs_of_different_users_are_compared_where_the_pair_is_drawn() -> None:
    users, items = negatives(Hard(candidates=2000, corrupt="pair"), score=lambda users, items: users * 20.0 - items)
    assert users.tolist() == [[2]] * 3
    assert items.tolist() == [[0]] * 3


@pytest.mark.parametrize("candidates", [2, 4])
def test_the_best_of_n_is_distributed_as_the_maximum_of_n_draws(candidates: int) -> None:
    _, items = negatives(Hard(candidates=candidates, ratio=100_000))
    for row, unknown in ((0, [0, 2, 3, 4, 5, 6, 7, 9]), (2, list(range(1, 10)))):
        count = len(unknown)
        chances = {
            item: ((place + 1) / count) ** candidates - (place / count) ** candidates
            for place, item in enumerate(unknown)
        }
        assert surprise(items[row], chances) < 1


def test_where_all_scores_are_equal_no_item_is_favoured() -> None:
    _, items = negatives(Hard(candidates=8, ratio=100_000), score=lambda _, items: torch.zeros(items.shape))
    assert surprise(items[0], alike([0, 2, 3, 4, 5, 6, 7, 9])) < 1
    # Two groups of ties: the upper one has four of eight items, each as likely as the others.
    _, items = negatives(Hard(candidates=32, ratio=100_000), score=lambda _, items: (items > 4).float())
    upper = items[0][items[0] > 4]
    assert len(upper) == 100_000
    assert surprise(upper, alike([5, 6, 7, 9])) < 1


@pytest.mark.parametrize(
    ("warm_up", "epoch", "hard"), [(0, 0, False), (0, 1, True), (2, 1, False), (2, 2, False), (2, 3, True)]
)
def test_before_training_and_while_it_warms_up_draws_are_plain(warm_up: int, epoch: int, hard: bool) -> None:
    asked = []

    def score(users: Tensor, items: Tensor) -> Tensor:
        asked.append(tuple(items.shape))
        return by_number(users, items)

    component = Hard(candidates=500, ratio=100_000 if not hard else 2, warm_up=warm_up)
    _, items = negatives(component, epoch, score)
    assert asked == ([(3, 2, 500)] if hard else [])
    if hard:
        assert items.eq(9).all()
    else:
        assert surprise(items[2], alike(list(range(1, 10)))) < 1


def test_without_scores_draws_are_plain() -> None:
    _, items = negatives(Hard(candidates=500, ratio=100_000), score=None)
    assert surprise(items[2], alike(list(range(1, 10)))) < 1


def test_searching_leaves_no_trace_in_the_gradient() -> None:
    weight = torch.ones((), requires_grad=True)

    def score(users: Tensor, items: Tensor) -> Tensor:
        scores = weight * by_number(users, items)
        assert not scores.requires_grad
        return scores

    negatives(Hard(), score=score)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("candidates", 1, "expected greater than or equal to 2, got 1"),
        ("warm_up", -1, "expected greater than or equal to 0, got -1"),
        ("exponent", -0.5, "expected greater than or equal to 0, got -0.5"),
        ("distribution", "popular", "expected 'uniform' or 'popularity', got 'popular'; did you mean 'popularity'?"),
    ],
)
def test_what_makes_no_sense_is_refused_in_its_place(field: str, value: Any, expected: str) -> None:
    with pytest.raises(RecipeError) as error:
        load_recipe("movielens_sage", {"negatives.name": "hard", f"negatives.{field}": value})
    [fault] = error.value.faults
    assert (fault.path, fault.message) == (f"negatives.{field}", expected)
