from __future__ import annotations

import pytest
import torch
from hypothesis import given
from toys import SHAPES

from gnnrec.graph import pair_scores
from gnnrec.graph.pair_scores import gathered_dot, pair_dot

USER = torch.tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]])
ITEM = torch.tensor([[1.0, 1.0], [2.0, 0.0]])
PAIRS = torch.tensor([[2, 0, 0, 1, 2, 0], [1, 0, 1, 0, 1, 0]])


def test_each_pair_is_scored_in_its_place_however_often_it_stands() -> None:
    assert pair_dot(USER, ITEM, PAIRS).tolist() == [6.0, 3.0, 2.0, -1.0, 6.0, 3.0]


def test_each_occurrence_of_a_pair_adds_its_gradient() -> None:
    user, item = USER.clone().requires_grad_(), ITEM.clone().requires_grad_()
    pair_dot(user, item, PAIRS).backward(torch.tensor([1.0, 10.0, 100.0, 1000.0, 2.0, 20.0]))
    assert user.grad is not None
    assert item.grad is not None
    # User 0: item 0 thirty times and item 1 a hundred times; and so on.
    assert user.grad.tolist() == [[230.0, 30.0], [1000.0, 1000.0], [6.0, 0.0]]
    assert item.grad.tolist() == [[30.0, 60.0 - 1000.0], [109.0, 201.5]]


@given(shape=SHAPES)
def test_values_and_gradients_are_those_of_gathering(shape: tuple[int, int, int, int]) -> None:
    num_users, num_items, num_pairs, channels = shape
    generator = torch.Generator().manual_seed(sum(shape))
    pairs = torch.stack([torch.randint(count, (num_pairs,), generator=generator) for count in (num_users, num_items)])
    tables = [torch.randn(count, channels, generator=generator) for count in (num_users, num_items)]
    upstream = torch.randn(num_pairs, generator=generator)
    answers = []
    for method in (pair_dot, gathered_dot):
        leaves = [table.clone().requires_grad_() for table in tables]
        scores = method(*leaves, pairs)
        answers.append([scores.detach(), *torch.autograd.grad(scores, leaves, upstream)])
    for got, expected in zip(*answers, strict=True):
        torch.testing.assert_close(got, expected)


def test_there_may_be_more_pairs_than_the_tables_have_cells() -> None:
    pairs = torch.tensor([[0, 0, 0], [0, 1, 0]])
    assert pair_dot(USER[:1], ITEM, pairs).tolist() == [3.0, 2.0, 3.0]


def test_pairs_that_are_changed_in_place_are_looked_at_again() -> None:
    pairs = PAIRS.clone()
    pair_dot(USER, ITEM, pairs)
    pairs[0, 0] = 1
    assert pair_dot(USER, ITEM, pairs).tolist() == [0.0, 3.0, 2.0, -1.0, 6.0, 3.0]


def test_inside_bf16_autocast_scores_are_float32_and_exact() -> None:
    user, item = torch.tensor([[1.0, 1e-3]]), torch.tensor([[1.0, 1e-3]])
    with torch.autocast("cpu", torch.bfloat16):
        scores = pair_dot(user, item, torch.tensor([[0], [0]]))
    assert scores.dtype == torch.float32
    assert scores.item() == pytest.approx(1.000001, abs=2e-7)


def test_devices_without_sampled_products_gather(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_scores, "has_sampled_products", lambda device: device.type != "cpu")
    monkeypatch.setattr(pair_scores._SampledProduct, "apply", lambda *_: pytest.fail("a sampled product was asked for"))
    assert pair_dot(USER, ITEM, PAIRS).tolist() == [6.0, 3.0, 2.0, -1.0, 6.0, 3.0]
