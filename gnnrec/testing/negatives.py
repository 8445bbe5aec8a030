"""Checks of negative samplers: what is drawn is unknown, of the right shape, and repeatable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from pydantic import ValidationError
from torch import Generator, Tensor

from gnnrec.contract.training import Batch
from gnnrec.data.interactions import Edges
from gnnrec.testing.every_kind import EVERY_KIND, Job, repeatable
from gnnrec.testing.modules import left_behind
from gnnrec.testing.rule import bound, rule
from gnnrec.testing.toy_data import toy_edges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


def _drawn(
    component: NegativeSampler,
    known: Edges,
    edge_ids: Tensor | None = None,
    *,
    seed: int = 0,
    score: Score | None = None,
) -> tuple[Tensor, Tensor, Batch]:
    """Users and items of the negatives of some of the known edges, shuffled if not said which; and their batch."""
    sampler = component.build(known, known, Generator().manual_seed(seed))
    if edge_ids is None:
        edge_ids = torch.randperm(len(known), generator=Generator().manual_seed(1))[: len(known) // 2]
    users, items = (torch.from_numpy(side)[edge_ids] for side in (known.users, known.items))
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
    known, supervision = toy_edges(), toy_edges()
    users, items = (torch.from_numpy(side)[:9] for side in (supervision.users, supervision.items))
    batch = Batch(torch.arange(9), users, items, epoch=1)

    def result() -> Any:
        sampler = case.component.build(known, supervision, Generator().manual_seed(0))
        return tuple(sampler(batch, Generator().manual_seed(1))), tuple(sampler(batch, Generator().manual_seed(2)))

    return Job((known, supervision, batch), result)


@rule(BUILD)
def gives_ratio_negatives_for_each_edge(case: NegativesCase) -> str | None:
    """A call gives users and items, each int64 [B, R]."""
    known = toy_edges()
    return next((got for each in case.variants() if (got := _of_shape(each, _drawn(each, known)))), None)


@rule(BUILD)
def stays_within_the_nodes(case: NegativesCase) -> str | None:
    """Users are below U and items below I, none below zero."""
    known = toy_edges()
    for each in case.variants():
        users, items, _ = _drawn(each, known)
        for name, drawn, count in (("users", users, known.num_users), ("items", items, known.num_items)):
            low, high = int(drawn.min()), int(drawn.max())
            if low < 0 or high >= count:
                return f"{name} {low}..{high}, not within 0..{count - 1}, with corrupt: {each.corrupt}"
    return None


@rule(BUILD)
def never_draws_a_known_pair(case: NegativesCase) -> str | None:
    """No negative is a pair of `known`."""
    known = toy_edges()
    for each in case.variants():
        for seed in range(DRAWS):
            users, items, _ = _drawn(each, known, seed=seed)
            wrong = np.isin(users.numpy() * known.num_items + items.numpy(), known.keys)
            if wrong.any():
                return f"{int(wrong.sum())} of {wrong.size} negatives are known pairs, with corrupt: {each.corrupt}"
    return None


@rule("gnnrec.contract.kinds.NegativeSampler.corrupt")
def keeps_the_user(case: NegativesCase) -> str | None:
    """With `corrupt: item` each negative has its positive's user, whatever the order of the batch."""
    known = toy_edges()
    for each in case.variants():
        if each.corrupt == "item":
            users, _, batch = _drawn(each, known)
            wrong = (users != batch.users[:, None]).sum()
            if wrong:
                return f"{int(wrong)} of {users.numel()} negatives have another user"
    return None


@rule(BUILD)
def finds_the_one_item_that_is_left(case: NegativesCase) -> str | None:
    """With `corrupt: item`, a user who knows every item but one gets that one."""
    num_items, left = 40, 17
    others = np.array([item for item in range(num_items) if item != left], np.int64)
    known = Edges(np.zeros(len(others), np.int64), others, 2, num_items)
    for each in case.variants():
        if each.corrupt == "item":
            _, items, _ = _drawn(each, known)
            if not bool((items == left).all()):
                return f"items {sorted(set(items.flatten().tolist()))[:5]}, not {left} alone"
    return None


@rule(BUILD)
def draws_with_and_without_a_score(case: NegativesCase) -> str | None:
    """A call with `score` and a call without it both give negatives, whether or not `needs_score` is set."""
    known = toy_edges()

    def score(users: Tensor, items: Tensor) -> Tensor:
        if users.shape != items.shape or users.dtype != torch.int64 or items.dtype != torch.int64:
            raise TypeError(f"score is called with users {list(users.shape)} and items {list(items.shape)}")
        return (users * 7 + items * 3).remainder(11).float()

    for each in case.variants():
        _drawn(each, known)
        got = _of_shape(each, _drawn(each, known, score=score))
        if got:
            return f"{got}, with a score"
    return None


@rule(BUILD)
def says_how_long_negatives_last(case: NegativesCase) -> str | None:
    """The module's `every`, if any, is run, epoch or step; `needs_score`, if any, is true or false."""
    sampler = case.component.build(toy_edges(), toy_edges(), Generator().manual_seed(0))
    every, needs_score = getattr(sampler, "every", "step"), getattr(sampler, "needs_score", False)
    if every not in EVERY:
        return f"every = {every!r}"
    return None if isinstance(needs_score, bool) else f"needs_score = {needs_score!r}"


@rule(BUILD)
def moves_as_a_whole(case: NegativesCase) -> str | None:
    """Its tables are buffers, so that they follow the model to a device."""
    return left_behind(case.component.build(toy_edges(), toy_edges(), Generator().manual_seed(0)))


RULES = (
    *EVERY_KIND,
    draws_with_and_without_a_score,
    gives_ratio_negatives_for_each_edge,
    stays_within_the_nodes,
    never_draws_a_known_pair,
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
