"""Checks of ranking metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gnnrec.data.ranked_lists import NO_ITEM, Catalogue, RankedLists
from gnnrec.testing.comparing import TOLERANCE, difference
from gnnrec.testing.every_kind import EVERY_KIND, Job, repeatable
from gnnrec.testing.rule import bound, rule

if TYPE_CHECKING:
    from gnnrec.contract.kinds import Metric

MEASURE = "gnnrec.contract.kinds.Metric.measure"

USERS, ITEMS, LENGTH = 8, 12, 5


@dataclass(frozen=True)
class MetricCase:
    """A metric."""

    component: Metric

    def measure(self, lists: RankedLists) -> Tensor:
        """Its value over the toy catalogue."""
        return self.component.measure(lists, _catalogue())


def _catalogue() -> Catalogue:
    """Twelve items, the first never interacted with, over twenty users."""
    return Catalogue(torch.arange(ITEMS), 20)


def _lists() -> RankedLists:
    """Lists of eight users, drawn once; the last two users have fewer than five items left, or none."""
    generator = torch.Generator().manual_seed(0)
    items = torch.rand(USERS, ITEMS, generator=generator).argsort(dim=1)[:, :LENGTH]
    relevant = torch.rand(USERS, LENGTH, generator=generator) < 0.4  # noqa: PLR2004 - some of them
    items[-2, 2:], items[-1] = NO_ITEM, NO_ITEM
    relevant &= items != NO_ITEM
    total = relevant.sum(dim=1) + torch.arange(USERS) % 3
    return RankedLists(torch.arange(USERS) * 2, items, relevant, total.clamp(min=1))


def _job(case: MetricCase) -> Job:
    lists, catalogue = _lists(), _catalogue()
    return Job((lists, catalogue), lambda: case.component.measure(lists, catalogue))


@rule(MEASURE)
def gives_a_value_per_user_or_one(case: MetricCase) -> str | None:
    """A value per user, float32 [Q], or one value for all lists together, a scalar; for lists of one item too."""
    for lists in (_lists(), _lists().cut(1)):
        value = case.measure(lists)
        if not isinstance(value, Tensor) or value.dtype != torch.float32 or tuple(value.shape) not in {(), (USERS,)}:
            got = f"{value.dtype} {list(value.shape)}" if isinstance(value, Tensor) else f"a {type(value).__name__}"
            return f"{got} for {USERS} users"
    return None


@rule(MEASURE)
def gives_finite_values(case: MetricCase) -> str | None:
    """Values are finite, also for users whose list is short, empty or without a relevant item."""
    for lists in (_lists(), _lists().cut(1)):
        value = case.measure(lists)
        if not bool(torch.isfinite(value).all()):
            return f"{value.tolist()} for lists of {lists.items.size(1)} items"
    return None


@rule(MEASURE)
def is_no_lower_for_perfect_lists(case: MetricCase) -> str | None:
    """Lists of relevant items alone get at least what the same lists get with none relevant."""
    lists = _lists()
    total = torch.full((USERS,), LENGTH)
    perfect, worst = (
        case.measure(RankedLists(lists.users, lists.items, flags & (lists.items != NO_ITEM), total))
        for flags in (torch.ones_like(lists.relevant), torch.zeros_like(lists.relevant))
    )
    lower = perfect < worst - TOLERANCE
    return f"{perfect.mean():.4g} for perfect lists, {worst.mean():.4g} for the worst" if bool(lower.any()) else None


@rule(MEASURE)
def ignores_the_order_of_users(case: MetricCase) -> str | None:
    """Users in another order keep their values; one value for all stays the same."""
    lists, order = _lists(), torch.randperm(USERS, generator=torch.Generator().manual_seed(0))
    shuffled = RankedLists(*(part[order] for part in (lists.users, lists.items, lists.relevant, lists.num_relevant)))
    expected = case.measure(lists)
    return difference(expected[order] if expected.dim() else expected, case.measure(shuffled), TOLERANCE, "the value")


RULES = (
    *EVERY_KIND,
    gives_a_value_per_user_or_one,
    gives_finite_values,
    is_no_lower_for_perfect_lists,
    ignores_the_order_of_users,
    *repeatable(MEASURE, _job),
)


def check_metric(component: Metric) -> None:
    """Check a metric, as its fields are.

    Raises:
        ContractViolation: It breaks a rule; the message says which, what was asked for and what was got.
    """
    for check in bound("metric", RULES, MetricCase(component)):
        check()
