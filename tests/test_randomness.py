from __future__ import annotations

import pytest
import torch
from torch import Generator

from gnnrec.randomness import Streams, derive_seed


def draw(generator: Generator) -> list[float]:
    return torch.rand(4, generator=generator).tolist()


def test_a_derived_seed_never_changes() -> None:
    # Written down, not computed: runs of the past are reproduced with these very numbers.
    assert derive_seed(0, "negatives", 3, 0, 0) == 6_804_517_265_265_733_757
    assert derive_seed(42, "evaluation negatives of test") == 1_601_888_705_928_581_819


def test_seeds_differ_by_seed_and_by_every_part_of_the_purpose() -> None:
    seeds = {derive_seed(seed, word, epoch) for seed in range(20) for word in "ab" for epoch in range(20)}
    assert len(seeds) == 800
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert derive_seed(1, "11") != derive_seed(11, "1")


def test_a_stream_is_the_same_whatever_was_drawn_before() -> None:
    streams = Streams(3)
    first = draw(streams.generator("negatives", epoch=2))
    draw(streams.generator("other"))
    torch.rand(100)
    assert draw(streams.generator("negatives", epoch=2)) == first
    assert draw(Streams(3).generator("negatives", epoch=2)) == first


def test_streams_differ_by_purpose_epoch_step_rank_and_seed() -> None:
    one = Streams(0)
    drawn = [
        draw(one.generator("a")),
        draw(one.generator("b")),
        draw(one.generator("a", epoch=1)),
        draw(one.generator("a", step=1)),
        draw(one.generator("a", rank=1)),
        draw(Streams(1).generator("a")),
    ]
    assert len(set(map(tuple, drawn))) == len(drawn)


def test_the_global_state_is_seeded_inside_and_given_back_after() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with Streams(0).global_state():
        first = torch.rand(3)
    assert torch.equal(torch.rand(3), expected)
    with Streams(0).global_state():
        again = torch.rand(3)
    with Streams(1).global_state():
        other = torch.rand(3)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_global_state_is_given_back_after_an_error_too() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with pytest.raises(RuntimeError, match="negative dimension"), Streams(0).global_state():
        torch.rand(-1)
    assert torch.equal(torch.rand(3), expected)
