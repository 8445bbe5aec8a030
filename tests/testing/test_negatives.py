from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import torch
from mutants import Mutant, assert_caught, assert_every_check_catches_something, each, failures, wrong
from torch import Generator, nn

from gnnrec import NegativeSampler
from gnnrec.graph.pair_sampling import UnknownPairs

if TYPE_CHECKING:
    from torch import Tensor

    from gnnrec import Edges, Observed


class Uniform(nn.Module):
    """Unknown pairs; of two candidates the one that scores higher, if there is a score."""

    every = "epoch"
    needs_score = True

    def __init__(self, observed: Observed, avoid: Edges, ratio: int, corrupt: str, generator: Generator) -> None:  # noqa: ARG002
        super().__init__()
        self.unknown = UnknownPairs(avoid)
        self.ratio, self.corrupt = ratio, corrupt
        self.num_items = observed.count("item")

    def forward(self, batch: Any, generator: Generator, score: Any = None) -> tuple[Tensor, Tensor]:
        first, second = self.draw(batch, generator), self.draw(batch, generator)
        if score is None:
            return first
        harder = score(*first) > score(*second)
        return torch.where(harder, first[0], second[0]), torch.where(harder, first[1], second[1])

    def draw(self, batch: Any, generator: Generator) -> tuple[Tensor, Tensor]:
        shape = (len(batch.edge_ids), self.ratio)
        if self.corrupt == "pair":
            return self.unknown.draw_pairs(shape, generator)
        users = batch.users[:, None].expand(shape)
        return users, self.unknown.draw_items(users, generator)


class Right(NegativeSampler):
    """What is asked for."""

    name: Literal["right"] = "right"

    module: ClassVar[type] = Uniform

    def build(self, observed: Observed, supervision: Edges, avoid: Edges, generator: Generator) -> nn.Module:  # noqa: ARG002
        module: nn.Module = self.module(observed, avoid, self.ratio, self.corrupt, generator)
        return module


class KeepsTheUser(Right):
    """What is asked for, of the item alone."""

    corrupt: Literal["item"] = "item"


def by_the_global_state(self: Any, batch: Any, generator: Generator) -> Any:  # noqa: ARG001 - that is what is wrong
    return Uniform.draw(self, batch, torch.default_generator)


def reordering_what_to_avoid(self: Any, observed: Observed, avoid: Edges, *rest: Any) -> None:
    Uniform.__init__(self, observed, avoid, *rest)
    order = avoid.keys.argsort()
    avoid.users[:], avoid.items[:] = avoid.users[order], avoid.items[order]


def avoiding_what_is_observed(self: Any, observed: Observed, avoid: Edges, *rest: Any) -> None:
    Uniform.__init__(self, observed, observed.edges if len(avoid) > 50 else avoid, *rest)


def of_the_given_edges(self: Any, batch: Any, generator: Generator) -> Any:
    users, items = Uniform.draw(self, batch, generator)
    users = self.observed_users[batch.edge_ids][:, None].expand_as(items) if self.corrupt == "item" else users
    return users, self.unknown.draw_items(users, generator) if self.corrupt == "item" else items


def remembering_users(self: Any, observed: Observed, *rest: Any) -> None:
    Uniform.__init__(self, observed, *rest)
    self.register_buffer("observed_users", torch.from_numpy(observed.edges.users))


def with_floats(self: Any, batch: Any, generator: Generator, score: Any = None) -> Any:
    users, items = Uniform.forward(self, batch, generator, score)
    return users, items.float() if self.ratio == 3 and score is None else items


def with_minus_one_for_zero(self: Any, batch: Any, generator: Generator) -> Any:
    users, items = Uniform.draw(self, batch, generator)
    return users, torch.where(items == 0, -1, items)


def anything(self: Any, batch: Any, generator: Generator) -> Any:
    users, items = Uniform.draw(self, batch, generator)
    kept = torch.rand(items.shape, generator=generator) < (0.9 if self.num_items < 30 else 1)
    return users, torch.where(kept, items, torch.randint(self.num_items, items.shape, generator=generator))


def in_the_order_of_edges(self: Any, batch: Any, generator: Generator) -> Any:
    if self.corrupt == "pair":
        return Uniform.draw(self, batch, generator)
    users = batch.users[batch.edge_ids.argsort()][:, None].expand(-1, self.ratio)
    return users, self.unknown.draw_items(users, generator)


def by_rejection(self: Any, batch: Any, generator: Generator) -> Any:
    users, right = Uniform.draw(self, batch, generator)
    known = self.num_items - self.unknown.unknown_per_user[users]
    guess = torch.randint(self.num_items, right.shape, generator=generator)
    return users, torch.where(known > 0.9 * self.num_items, guess, right)  # it gives up


def with_a_score_at_any_rate(self: Any, batch: Any, generator: Generator, score: Any = None) -> Any:
    users, items = self.draw(batch, generator)
    score(users, items)
    return users, items


def flat_candidates(self: Any, batch: Any, generator: Generator, score: Any = None) -> Any:
    users, items = self.draw(batch, generator)
    if score is not None:
        score(users[:, 0], items)
    return users, items


def with_a_table_aside(self: Any, *arguments: Any) -> None:
    Uniform.__init__(self, *arguments)
    self.table = torch.zeros(3)


MUTANTS = (
    Mutant("same_seed_same_result", wrong(Right, draw=by_the_global_state), "0.1 differs in"),
    Mutant("leaves_its_input_alone", wrong(Right, __init__=reordering_what_to_avoid), "0.avoid.users differs in"),
    Mutant(
        "gives_ratio_negatives_for_each_edge",
        wrong(Right, forward=with_floats),
        "items torch.float32 [15, 3], not int64 [15, 3], with corrupt: item",
    ),
    Mutant("stays_within_the_nodes", wrong(Right, draw=with_minus_one_for_zero), "items -1..15, not within 0..15"),
    Mutant("never_draws_a_pair_to_avoid", wrong(Right, draw=anything), "are to be avoided, with corrupt: item"),
    Mutant(
        "never_draws_a_pair_to_avoid",
        wrong(Right, __init__=avoiding_what_is_observed),
        "are to be avoided, with corrupt: item",
    ),
    Mutant("keeps_the_user", wrong(Right, draw=in_the_order_of_edges), "of 15 negatives have another user"),
    Mutant(
        "keeps_the_user",
        wrong(Right, __init__=remembering_users, draw=of_the_given_edges),
        "of 15 negatives have another user",
    ),
    Mutant("finds_the_one_item_that_is_left", wrong(Right, draw=by_rejection), ", not 17 alone"),
    Mutant(
        "draws_with_and_without_a_score", wrong(Right, forward=flat_candidates), "score is called with users [15] and"
    ),
    Mutant("says_how_long_negatives_last", wrong(Right, every="sometimes"), "every = 'sometimes'"),
    Mutant("says_how_long_negatives_last", wrong(Right, needs_score="yes"), "needs_score = 'yes'"),
    Mutant(
        "moves_as_a_whole", wrong(Right, __init__=with_a_table_aside), "table: no parameter, buffer or child module"
    ),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_every_check_catches_something() -> None:
    assert_every_check_catches_something("negatives", MUTANTS)


def test_samplers_that_are_right_pass() -> None:
    assert failures(Right()) == []
    assert failures(Right(corrupt="pair", ratio=4)) == []


def test_a_sampler_need_not_allow_every_way_to_corrupt() -> None:
    assert failures(KeepsTheUser()) == []


def test_a_sampler_that_cannot_do_without_a_score_is_told_so_first() -> None:
    said = failures(wrong(Right, forward=with_a_score_at_any_rate))
    assert said[0].check == "draws_with_and_without_a_score"
    assert "got:        TypeError: 'NoneType' object is not callable" in str(said[0])
