"""Checks of losses: pairwise, listwise and batchwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from gnnrec.contract.training import EmbeddedBatch
from gnnrec.testing.comparing import TOLERANCE, difference
from gnnrec.testing.every_kind import EVERY_KIND, Job, repeatable
from gnnrec.testing.rule import bound, rule

if TYPE_CHECKING:
    from gnnrec.contract.kinds import Loss

BUILD = "gnnrec.contract.kinds.Loss.build"
LISTWISE = "gnnrec.contract.kinds.Loss.listwise"
BATCHWISE = "gnnrec.contract.kinds.Loss.batchwise"

USERS, ITEMS, POSITIVES, CHANNELS = 6, 9, 14, 8

LARGE = 50.0
"""A score beyond which float32 knows no difference between a sigmoid and one."""


@dataclass(frozen=True)
class LossCase:
    """A loss; whether it is listwise or batchwise decides how it is called."""

    component: Loss

    @property
    def learned(self) -> tuple[str, ...]:
        """Which of the arguments get gradients, in words."""
        if self.component.batchwise:
            return "user embeddings", "item embeddings"
        return ("all scores",) if self.component.listwise else ("positive scores", "negative scores")

    def value(self, first: Tensor, second: Tensor) -> Any:
        """The loss of such arguments; batchwise, of a batch in which item i is a positive of user i modulo users."""
        loss = self.component.build()
        if not self.component.batchwise:
            return loss(first, second)
        items = torch.arange(ITEMS)
        return loss(EmbeddedBatch(first, second, torch.stack([items % USERS, items]), torch.full((ITEMS,), 1 / ITEMS)))

    def arguments(self, negatives: int = 3) -> tuple[Tensor, Tensor]:
        """Drawn once: scores of positives [B] and negatives [B, R]; listwise, all scores [B, I] and positives [2, P].

        Batchwise, embeddings of users [n, D] and items [m, D].
        """
        generator = torch.Generator().manual_seed(0)
        if self.component.batchwise:
            user, item = (torch.randn(count, CHANNELS, generator=generator) for count in (USERS, ITEMS))
            return user, item
        if not self.component.listwise:
            positive = torch.randn(POSITIVES, generator=generator)
            return positive, torch.randn(POSITIVES, negatives, generator=generator)
        scores = torch.randn(USERS, ITEMS, generator=generator)
        return scores, _positives(generator)

    def separated(self, by: float) -> tuple[Tensor, Tensor]:
        """Arguments in which every positive scores higher than every negative, by so much.

        Batchwise, user and item of a positive point in the same direction; in opposite ones where `by` is negative.
        """
        first, second = self.arguments()
        if self.component.batchwise:
            user = torch.eye(USERS, CHANNELS)
            return abs(by) * user, by * user[torch.arange(ITEMS) % USERS]
        if not self.component.listwise:
            return torch.full_like(first, by / 2), torch.full_like(second, -by / 2)
        scores = torch.full_like(first, -by / 2)
        scores[second[0], second[1]] = by / 2
        return scores, second


def _positives(generator: torch.Generator) -> Tensor:
    """Pairs of row and item, none twice, each row at least one: int64 [2, P]."""
    rows = torch.cat([torch.arange(USERS), torch.randint(USERS, (POSITIVES - USERS,), generator=generator)])
    orders = torch.rand(USERS, ITEMS, generator=generator).argsort(dim=1)
    place = torch.stack([(rows[:i] == row).sum() for i, row in enumerate(rows)])
    return torch.stack([rows, orders[rows, place]])


def _job(case: LossCase) -> Job:
    arguments = case.arguments()
    return Job(arguments, lambda: case.value(*arguments))


def _not_a_scalar(value: Any) -> str | None:
    if not isinstance(value, Tensor) or value.dim() or not value.is_floating_point():
        got = f"{value.dtype} {list(value.shape)}" if isinstance(value, Tensor) else f"a {type(value).__name__}"
        return f"{got}, not a scalar tensor"
    return None if bool(torch.isfinite(value)) else f"{float(value.detach())}"


@rule(BUILD)
def gives_a_finite_scalar(case: LossCase) -> str | None:
    """The loss is a finite scalar, for one negative per positive and for several."""
    return _not_a_scalar(case.value(*case.arguments())) or _not_a_scalar(case.value(*case.arguments(negatives=1)))


@rule(BUILD)
def stands_large_scores(case: LossCase) -> str | None:
    """Scores of ±50, or embeddings of norm 100, right and wrong way round, give a finite loss and finite gradients."""
    for by in (2 * LARGE, -2 * LARGE):
        first, second = case.separated(by)
        value = case.value(first.requires_grad_(), second)
        found = _not_a_scalar(value)
        if found is None:
            value.backward()
            found = None if first.grad is None or bool(torch.isfinite(first.grad).all()) else "a gradient that is not"
        if found:
            return f"with positives {by:+g} above negatives, {found}"
    return None


@rule(BUILD)
def gradients_reach_the_scores(case: LossCase) -> str | None:
    """Positive and negative scores get finite gradients, or embeddings of users and items."""
    arguments = case.arguments()
    learned = dict(zip(case.learned, arguments, strict=False))
    for each in learned.values():
        each.requires_grad_()
    value = case.value(*arguments)
    if value.requires_grad:
        value.backward()
    for name, each in learned.items():
        if each.grad is None or not bool(each.grad.any()):
            return f"no gradient reaches the {name}"
        if not bool(torch.isfinite(each.grad).all()):
            return f"the gradient of the {name} is not finite"
    return None


@rule(BUILD)
def is_lower_where_positives_score_higher(case: LossCase) -> str | None:
    """The loss is lower when positives score higher than negatives than the other way round."""
    right, wrong = (float(case.value(*case.separated(by))) for by in (2.0, -2.0))
    return None if right < wrong else f"{right:.4g} with positives above, {wrong:.4g} with positives below"


@rule(LISTWISE)
def is_a_mean_over_positives(case: LossCase) -> str | None:
    """A listwise loss of blocks of users, weighted by their positives, averages to the loss of all users."""
    if not case.component.listwise:
        return None
    loss = case.component.build()
    scores, positives = case.arguments()
    total = torch.zeros(())
    for rows in (slice(0, 1), slice(1, USERS)):
        inside = (positives[0] >= rows.start) & (positives[0] < rows.stop)
        here = positives[:, inside] - torch.tensor([[rows.start], [0]])
        total += loss(scores[rows], here) * inside.sum()
    return difference(loss(scores, positives), total / positives.size(1), TOLERANCE, "the loss, whole and in blocks,")


@rule(LISTWISE)
def stands_items_out_of_the_question(case: LossCase) -> str | None:
    """A listwise loss is finite where items that a user has seen score -inf, as they do in validation."""
    if not case.component.listwise:
        return None
    scores, positives = case.arguments()
    seen = torch.zeros(scores.shape, dtype=torch.bool)
    seen[:, ::3] = True
    seen[positives[0], positives[1]] = False
    return _not_a_scalar(case.component.build()(scores.masked_fill(seen, -torch.inf), positives))


@rule(BATCHWISE)
def stands_embeddings_of_zeros(case: LossCase) -> str | None:
    """A batchwise loss and its gradients are finite where a user and an item are embedded as zeros."""
    if not case.component.batchwise:
        return None
    tables = [torch.cat([torch.zeros(1, CHANNELS), table[1:]]).requires_grad_() for table in case.arguments()]
    value = case.value(*tables)
    found = _not_a_scalar(value)
    if found is None:
        grads = torch.autograd.grad(value, tables)
        found = None if all(bool(grad.isfinite().all()) for grad in grads) else "a gradient that is not finite"
    return found


RULES = (
    *EVERY_KIND,
    gives_a_finite_scalar,
    stands_large_scores,
    gradients_reach_the_scores,
    is_lower_where_positives_score_higher,
    is_a_mean_over_positives,
    stands_items_out_of_the_question,
    stands_embeddings_of_zeros,
    *repeatable(BUILD, _job),
)


def check_loss(component: Loss) -> None:
    """Check a loss, as its fields are.

    Raises:
        ContractViolation: It breaks a rule; the message says which, what was asked for and what was got.
    """
    for check in bound("loss", RULES, LossCase(component)):
        check()
