from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from mutants import Mutant, assert_caught, assert_every_check_catches_something, changed, each, failures

from gnnrec import Metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from gnnrec import Catalogue, RankedLists


class Found(Metric):
    """What is asked for: the share of relevant items that are found."""

    name: Literal["found"] = "found"

    def measure(self, lists: RankedLists, catalogue: Catalogue) -> Tensor:  # noqa: ARG002 - it is not asked
        return lists.relevant.sum(dim=1) / lists.num_relevant


class Overall(Found):
    """What is asked for, over all lists together."""

    def measure(self, lists: RankedLists, catalogue: Catalogue) -> Tensor:
        return super().measure(lists, catalogue).mean()


def measuring(how: Callable[[RankedLists, Catalogue], Any]) -> Metric:
    return changed(Found, measure=lambda _, *given: how(*given))


def by_place(lists: RankedLists, catalogue: Catalogue) -> Tensor:  # noqa: ARG001 - here and below, as all of them
    return lists.relevant.float()


def of_relevant_places(lists: RankedLists, catalogue: Catalogue) -> Tensor:  # noqa: ARG001
    return lists.relevant.sum(dim=1) / (lists.items >= 0).sum(dim=1)


def missed(lists: RankedLists, catalogue: Catalogue) -> Tensor:  # noqa: ARG001
    return 1 - lists.relevant.sum(dim=1) / lists.num_relevant


def running(lists: RankedLists, catalogue: Catalogue) -> Tensor:  # noqa: ARG001
    return (lists.relevant.sum(dim=1) / lists.num_relevant).cumsum(dim=0)


def with_noise(lists: RankedLists, catalogue: Catalogue) -> Tensor:  # noqa: ARG001
    return lists.relevant.sum(dim=1) / lists.num_relevant + 1e-6 * torch.rand(len(lists.users))


def filling_short_lists(lists: RankedLists, catalogue: Catalogue) -> Tensor:  # noqa: ARG001
    lists.items.clamp_(min=0)
    return lists.relevant.sum(dim=1) / lists.num_relevant


MUTANTS = (
    Mutant("gives_a_value_per_user_or_one", measuring(by_place), "torch.float32 [8, 5] for 8 users"),
    Mutant("gives_finite_values", measuring(of_relevant_places), "nan] for lists of 5 items"),
    Mutant("is_no_lower_for_perfect_lists", measuring(missed), " for perfect lists, 1 for the worst"),
    Mutant("ignores_the_order_of_users", measuring(running), "the value differs by up to"),
    Mutant("same_seed_same_result", measuring(with_noise), "the whole differs by up to"),
    Mutant("leaves_its_input_alone", measuring(filling_short_lists), "0.items differs in 8 of 40 places"),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_every_check_catches_something() -> None:
    assert_every_check_catches_something("metric", MUTANTS)


def test_metrics_that_are_right_pass() -> None:
    assert failures(Found()) == []
    assert failures(Overall()) == []
