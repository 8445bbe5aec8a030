"""Checks of negative samplers: what is drawn is not to be avoided, of the right shape, and repeatable."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from pydantic import ValidationError
from torch import Generator, Tensor

from gnnrec.contract.training import Batch
from gnnrec.data.edges import Edges
from gnnrec.data.observed import Observed
from gnnrec.testing.every_kind import EVERY_KIND, Job, repeatable
from gnnrec.testing.modules import left_behind
from gnnrec.testing.rule import bound, rule
from gnnrec.testing.toy_data import toy_interactions, toy_observed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import nn

    from gnnrec.contract.kinds import NegativeSampler

    Score = Callable[[Tensor, Tensor], Tensor]

BUILD = "gnnrec.contract.kinds.NegativeSampler.build"

EVERY = ("run", "epoch", "step")

DRAWS = 20
"""How often each edge's negatives are drawn to see that none is known."""


@dataclass(frozen=True)
class NegativesCase:
    """A sampler, checked as its fields are and with other values of `ratio` and `corrupt` that it allows."""

    component: NegativeSampler

    def variants(self) -> Iterator[NegativeSampler]:
        """The component, and the same with other values of the fields that every sampler has."""
        yield self.component
        for fields in ({"corrupt": "pair"}, {"corrupt": "item"}, {"ratio": 3}):
            try:
                yield type(self.component).model_validate(self.component.model_dump() | fields)
            except ValidationError:  # its own rules say that it cannot be so
                continue


@dataclass(frozen=True)
class Given:
    """What a sampler is built of.

    Attributes:
        observed: All of train.
        supervision: Some of its edges.
        avoid: All of its edges, and others.
    """

    observed: Observed
    supervision: Edges
    avoid: Edges

    def build(self, component: NegativeSampler, seed: int = 0) -> nn.Module:
        """The sampler."""
        return component.build(self.observed, self.supervision, self.avoid, Generator().manual_seed(seed))


def toy_given() -> Given:
    """The toy edges, every other one of them, and all of the toy's interactions, none with a time or a weight."""
    observed = toy_observed()
    edges = observed.edges
    filtered = replace(toy_interactions().edges, num_users=edges.num_users, num_items=edges.num_items)
    filtered = filtered.keep(~np.isin(filtered.keys, edges.keys))
    return Given(observed, edges.keep(np.arange(0, len(edges), 2)), edges.joined(filtered).without("time", "weight"))


def _drawn(
    component: NegativeSampler,
    given: Given,
    *,
    seed: int = 0,
    score: Score | None = None,
) -> tuple[Tensor, Tensor, Batch]:
    """Users and items of the negatives of half of the supervision edges, shuffled; and their batch."""
    supervision, sampler = given.supervision, given.build(component, seed)
    edge_ids = torch.randperm(len(supervision), generator=Generator().manual_seed(1))[: len(supervision) // 2]
    users, items = (torch.from_numpy(side)[edge_ids] for side in (supervision.users, supervision.items))
    batch = Batch(edge_ids, users, items, epoch=1)
    drawn = sampler(batch, Generator().manual_seed(seed + 1), score)
    return drawn[0], drawn[1], batch


def _of_shape(component: NegativeSampler, drawn: tuple[Tensor, Tensor, Batch]) -> str | None:
    *negatives, batch = drawn
    wanted = (len(batch.edge_ids), component.ratio)
    for name, part in zip(("users", "items"), negatives, strict=True):
        if part.dtype != torch.int64 or tuple(part.shape) != wanted:
            return (
                f"{name} {part.dtype} {list(part.shape)}, not int64 {list(wanted)}, with corrupt: {component.corrupt}"
            )
    return None


def _job(case: NegativesCase) -> Job:
    given = toy_given()
    users, items = (torch.from_numpy(side)[:9] for side in (given.supervision.users, given.supervision.items))
    batch = Batch(torch.arange(9), users, items, epoch=1)

    def result() -> Any:
        sampler = given.build(case.component)
        return tuple(sampler(batch, Generator().manual_seed(1))), tuple(sampler(batch, Generator().manual_seed(2)))

    return Job((given, batch), result)


@rule(BUILD)
def gives_ratio_negatives_for_each_edge(case: NegativesCase) -> str | None:
    """A call gives users and items, each int64 [B, R]."""
    given = toy_given()
    return next((got for each in case.variants() if (got := _of_shape(each, _drawn(each, given)))), None)


@rule(BUILD)
def stays_within_the_nodes(case: NegativesCase) -> str | None:
    """Users are below U and items below I, none below zero."""
    given = toy_given()
    edges = given.supervision
    for each in case.variants():
        users, items, _ = _drawn(each, given)
        for name, drawn, count in (("users", users, edges.num_users), ("items", items, edges.num_items)):
            low, high = int(drawn.min()), int(drawn.max())
            if low < 0 or high >= count:
                return f"{name} {low}..{high}, not within 0..{count - 1}, with corrupt: {each.corrupt}"
    return None


@rule(BUILD)
def never_draws_a_pair_to_avoid(case: NegativesCase) -> str | None:
    """No negative is a pair of `avoid`, which holds more than `observed` and `supervision` do."""
    given = toy_given()
    for each in case.variants():
        for seed in range(DRAWS):
            users, items, _ = _drawn(each, given, seed=seed)
            wrong = np.isin(users.numpy() * given.avoid.num_items + items.numpy(), given.avoid.keys)
            if wrong.any():
                return f"{int(wrong.sum())} of {wrong.size} negatives are to be avoided, with corrupt: {each.corrupt}"
    return None


@rule("gnnrec.contract.kinds.NegativeSampler.corrupt")
def keeps_the_user(case: NegativesCase) -> str | None:
    """With `corrupt: item` each negative has its positive's user, whatever the order of the batch."""
    given = toy_given()
    for each in case.variants():
        if each.corrupt == "item":
            users, _, batch = _drawn(each, given)
            wrong = (users != batch.users[:, None]).sum()
            if wrong:
                return f"{int(wrong)} of {users.numel()} negatives have another user"
    return None


@rule(BUILD)
def finds_the_one_item_that_is_left(case: NegativesCase) -> str | None:
    """With `corrupt: item`, a user with every item but one in `avoid` gets that one."""
    num_items, left = 40, 17
    others = np.array([item for item in range(num_items) if item != left], np.int64)
    avoid = Edges(np.zeros(len(others), np.int64), others, 2, num_items)
    observed = avoid.keep(others % 3 > 0)
    given = Given(Observed(observed), observed.keep(observed.items % 2 > 0), avoid)
    for each in case.variants():
        if each.corrupt == "item":
            _, items, _ = _drawn(each, given)
            if not bool((items == left).all()):
                return f"items {sorted(set(items.flatten().tolist()))[:5]}, not {left} alone"
    return None


@rule(BUILD)
def draws_with_and_without_a_score(case: NegativesCase) -> str | None:
    """A call with `score` and a call without it both give negatives, whether or not `needs_score` is set."""
    given = toy_given()

    def score(users: Tensor, items: Tensor) -> Tensor:
        if users.shape != items.shape or users.dtype != torch.int64 or items.dtype != torch.int64:
            raise TypeError(f"score is called with users {list(users.shape)} and items {list(items.shape)}")
        return (users * 7 + items * 3).remainder(11).float()

    for each in case.variants():
        _drawn(each, given)
        got = _of_shape(each, _drawn(each, given, score=score))
        if got:
            return f"{got}, with a score"
    return None


@rule(BUILD)
def says_how_long_negatives_last(case: NegativesCase) -> str | None:
    """The module's `every`, if any, is run, epoch or step; `needs_score`, if any, is true or false."""
    sampler = toy_given().build(case.component)
    every, needs_score = getattr(sampler, "every", "step"), getattr(sampler, "needs_score", False)
    if every not in EVERY:
        return f"every = {every!r}"
    return None if isinstance(needs_score, bool) else f"needs_score = {needs_score!r}"


@rule(BUILD)
def moves_as_a_whole(case: NegativesCase) -> str | None:
    """Its tables are buffers, so that they follow the model to a device."""
    return left_behind(toy_given().build(case.component))


RULES = (
    *EVERY_KIND,
    draws_with_and_without_a_score,
    gives_ratio_negatives_for_each_edge,
    stays_within_the_nodes,
    never_draws_a_pair_to_avoid,
    keeps_the_user,
    finds_the_one_item_that_is_left,
    says_how_long_negatives_last,
    moves_as_a_whole,
    *repeatable(BUILD, _job),
)


def check_negatives(component: NegativeSampler) -> None:
    """Check a negative sampler, as its fields are, and with other values of `ratio` and `corrupt` that it allows.

    Raises:
        ContractViolation: It breaks a rule; the message says which, what was asked for and what was got.
    """
    for check in bound("negatives", RULES, NegativesCase(component)):
        check()
