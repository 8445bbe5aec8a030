"""Checks of scorers that are made of parts: what joins them gives scores, user by user, and is saved."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Generator, Tensor

from gnnrec.testing.comparing import TOLERANCE, difference
from gnnrec.testing.every_kind import Job, keeps_the_rules_of_a_plugin, repeatable, says_how_much_memory_it_takes
from gnnrec.testing.rule import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from gnnrec.contract.blending import Blending

JOIN = "gnnrec.contract.blending.Blending.join"

USERS, ITEMS = 6, 9


@dataclass(frozen=True)
class BlendingCase:
    """A scorer that is made of parts.

    Attributes:
        component: Its fields are checked as they are.
    """

    component: Blending

    def join(self) -> nn.Module:
        """What joins the parts, after a look at validation."""
        return self.component.join(_Toy(self.scores()))

    def scores(self) -> Tensor:
        """Scores of the parts: float32 [P, B, I], of which a user's are all alike in one part."""
        generator = Generator().manual_seed(0)
        scores = torch.randn(len(self.component.parts), USERS, ITEMS, generator=generator)
        scores[0, 0] = 1.0
        return scores


@dataclass(frozen=True)
class _Toy:
    """Validation in which the last part is right."""

    scores: Tensor

    def blocks(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """See `gnnrec.contract.blending.HeldOut`."""
        best = self.scores[-1].argmax(dim=1, keepdim=True)
        relevant = torch.zeros(USERS, ITEMS, dtype=torch.bool).scatter_(1, best, True)
        yield self.scores.clone(), relevant, torch.zeros_like(relevant)


def _joined(module: nn.Module, scores: Tensor) -> Tensor:
    with torch.no_grad():
        joined: Tensor = module(scores)
    return joined


def _job(case: BlendingCase) -> Job:
    scores = case.scores()

    def result() -> Any:
        return _joined(case.component.join(_Toy(scores)), scores)

    return Job(scores, result)


@rule(JOIN)
def joins_scores(case: BlendingCase) -> str | None:
    """`join(held_out)` of [P, B, I] gives float32 [B, I] without NaN."""
    joined = _joined(case.join(), case.scores())
    if joined.dtype != torch.float32 or joined.shape != (USERS, ITEMS):
        return f"{joined.dtype} {list(joined.shape)}, not float32 {[USERS, ITEMS]}"
    return f"{int(joined.isnan().sum())} times NaN" if joined.isnan().any() else None


@rule(JOIN)
def joins_each_user_alone(case: BlendingCase) -> str | None:
    """A user's scores do not depend on which others are scored with it."""
    module, scores = case.join(), case.scores()
    alone = torch.cat([_joined(module, scores[:, row : row + 1]) for row in range(USERS)])
    return difference(_joined(module, scores), alone, TOLERANCE, "the score, row by row,")


@rule("gnnrec.contract.kinds.Scorer.restore")
def is_restored_from_what_was_stored(case: BlendingCase) -> str | None:
    """`restore` of the saved `state_dict` gives the same scores."""
    module, scores = case.join(), case.scores()
    state = {name: copy.deepcopy(value) for name, value in module.state_dict().items()}
    return difference(_joined(module, scores), _joined(case.component.restore(state), scores), at="the score")


RULES = (
    keeps_the_rules_of_a_plugin,
    says_how_much_memory_it_takes,
    joins_scores,
    joins_each_user_alone,
    is_restored_from_what_was_stored,
    *repeatable(JOIN, _job),
)
"""Parts are checked as what they are; a recipe with them is checked by `gnnrec validate`."""
