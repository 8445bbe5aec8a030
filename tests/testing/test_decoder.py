from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pytest
import torch
from mutants import Mutant, assert_caught, assert_every_check_catches_something, each, failures, wrong
from torch import nn

from gnnrec import Decoder
from gnnrec.testing import ContractViolation, check_decoder

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


class Bilinear(nn.Module):
    """<u, W i>, in four ways."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels, channels))

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        return (user @ self.weight * item).sum(-1)

    def score_all(self, user: Tensor, item: Tensor) -> Tensor:
        return user @ self.weight @ item.T

    def score_pairs(self, user: Tensor, item: Tensor, edge_label_index: Tensor) -> Tensor:
        return Bilinear.forward(self, user[edge_label_index[0]], item[edge_label_index[1]])

    def over_items(self, item: Tensor) -> Callable[[Tensor], Tensor]:
        return lambda user: self.score_all(user, item)


class Right(Decoder):
    """What is asked for."""

    name: Literal["right"] = "right"

    module: ClassVar[type] = Bilinear

    def build(self, channels: int) -> nn.Module:
        module: nn.Module = self.module(channels)
        return module


def drawn_anew(self: Any, channels: int) -> None:
    Bilinear.__init__(self, channels)
    generator = torch.Generator()
    generator.seed()
    self.weight.data.normal_(generator=generator)


def clipping_items(self: Any, user: Tensor, item: Tensor) -> Tensor:
    with torch.no_grad():
        item.clamp_(max=0.1)
    return Bilinear.score_all(self, user, item)


def as_a_column(self: Any, user: Tensor, item: Tensor) -> Tensor:
    return Bilinear.forward(self, user, item)[:, None]


def without_the_weight(self: Any, user: Tensor, item: Tensor) -> Tensor:
    return user @ item.T + 0 * self.weight.sum()


def at_the_pairs_sorted(self: Any, user: Tensor, item: Tensor, edge_label_index: Tensor) -> Tensor:
    return Bilinear.score_pairs(self, user, item, edge_label_index.sort(dim=1).values)


def over_sorted_items(self: Any, item: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda user: Bilinear.score_all(self, user, item.sort(dim=0).values)


def with_items_detached(self: Any, user: Tensor, item: Tensor) -> Tensor:
    return Bilinear.score_all(self, user, item.detach())


def with_a_tensor_in_a_dict(self: Any, channels: int) -> None:
    Bilinear.__init__(self, channels)
    self.scales = {"all": torch.ones(channels)}


def with_a_table_that_is_not_saved(self: Any, channels: int) -> None:
    nn.Module.__init__(self)
    self.register_buffer("weight", torch.randn(channels, channels), persistent=False)


def failing(self: Any, user: Tensor, item: Tensor) -> Tensor:  # noqa: ARG001 - a method
    raise RuntimeError(f"no scores for {len(user)} users")


MUTANTS = (
    Mutant("same_seed_same_result", wrong(Right, __init__=drawn_anew), "weights.weight differs by up to"),
    Mutant("leaves_its_input_alone", wrong(Right, score_all=clipping_items), "1 differs by up to"),
    Mutant(
        "forward_gives_a_score_per_pair",
        wrong(Right, forward=as_a_column),
        "torch.float32 [35, 1], not float32 [35]",
        also=("score_pairs_agrees_with_forward",),
    ),
    Mutant("score_all_agrees_with_forward", wrong(Right, score_all=without_the_weight), "the score differs by up to"),
    Mutant(
        "score_pairs_agrees_with_forward", wrong(Right, score_pairs=at_the_pairs_sorted), "the score differs by up to"
    ),
    Mutant(
        "over_items_agrees_with_score_all", wrong(Right, over_items=over_sorted_items), "the score differs by up to"
    ),
    Mutant(
        "gradients_reach_embeddings_and_parameters",
        wrong(Right, score_all=with_items_detached),
        "score_all passes no gradient to the item embeddings",
    ),
    Mutant(
        "moves_as_a_whole", wrong(Right, __init__=with_a_tensor_in_a_dict), "scales['all']: no parameter, buffer or"
    ),
    Mutant("is_saved_as_a_whole", wrong(Right, __init__=with_a_table_that_is_not_saved), "the score differs by up to"),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_every_check_catches_something() -> None:
    assert_every_check_catches_something("decoder", MUTANTS)


def test_decoders_that_are_right_pass_with_any_number_of_channels() -> None:
    assert failures(Right()) == []
    check_decoder(Right(), channels=1)


def test_an_error_of_the_component_is_told_as_what_was_got() -> None:
    with pytest.raises(ContractViolation, match="fails forward_gives_a_score_per_pair") as violation:
        check_decoder(wrong(Right, forward=failing))
    assert "\n  got:        RuntimeError: no scores for 35 users\n" in str(violation.value)
