from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor

from gnnrec_losses import BCE, BPR, CosineContrastive, DirectAU, Margin, SampledSoftmax, Softmax
from gnnrec_losses.functional import bpr, margin, sampled_softmax, softmax

if TYPE_CHECKING:
    from collections.abc import Callable

    Pairwise = Callable[[Tensor, Tensor], Tensor]

POSITIVE = torch.tensor([2.0, -1.0])
NEGATIVE = torch.tensor([[0.0, 2.5], [-1.0, -3.0]])
BUILT = [BPR().build(), Margin().build(), SampledSoftmax().build()]
NAMES = ["bpr", "margin", "sampled_softmax"]


def test_bpr_is_minus_the_log_of_the_sigmoid_of_the_difference() -> None:
    by_hand = -sum(math.log(1 / (1 + math.exp(-difference))) for difference in (2.0, -0.5, 0.0, 2.0)) / 4
    assert bpr(POSITIVE, NEGATIVE).item() == pytest.approx(by_hand, rel=1e-6)
    assert torch.equal(BPR().build()(POSITIVE, NEGATIVE), bpr(POSITIVE, NEGATIVE))


def test_the_hinge_counts_what_is_missing_to_the_margin() -> None:
    assert margin(POSITIVE, NEGATIVE, 1.0).item() == pytest.approx((0 + 1.5 + 1 + 0) / 4)
    assert margin(POSITIVE, NEGATIVE, 3.0).item() == pytest.approx((1 + 3.5 + 3 + 1) / 4)
    assert Margin(margin=3.0).build()(POSITIVE, NEGATIVE).item() == pytest.approx(8.5 / 4)


def test_the_sampled_softmax_is_the_cross_entropy_of_the_positive_among_its_negatives() -> None:
    first = -math.log(math.exp(4.0) / (math.exp(4.0) + math.exp(0.0) + math.exp(5.0)))
    second = -math.log(math.exp(-2.0) / (math.exp(-2.0) + math.exp(-2.0) + math.exp(-6.0)))
    assert sampled_softmax(POSITIVE, NEGATIVE, 0.5).item() == pytest.approx((first + second) / 2, rel=1e-6)
    assert SampledSoftmax(temperature=0.5).build()(POSITIVE, NEGATIVE).item() == pytest.approx((first + second) / 2)


def test_the_sampled_softmax_with_one_negative_is_bpr_and_with_all_of_them_the_softmax() -> None:
    torch.testing.assert_close(sampled_softmax(POSITIVE, NEGATIVE[:, :1], 1.0), bpr(POSITIVE, NEGATIVE[:, :1]))
    scores = torch.cat([POSITIVE[:, None], NEGATIVE], dim=1)
    positives = torch.tensor([[0, 1], [0, 0]])
    torch.testing.assert_close(sampled_softmax(POSITIVE, NEGATIVE, 0.2), softmax(scores, positives, 0.2))


@pytest.mark.parametrize("loss", BUILT, ids=NAMES)
def test_only_the_difference_to_the_own_negatives_counts(loss: Pairwise) -> None:
    moved = torch.tensor([5.0, -7.0])
    torch.testing.assert_close(loss(POSITIVE + moved, NEGATIVE + moved[:, None]), loss(POSITIVE, NEGATIVE))
    torch.testing.assert_close(loss(POSITIVE, NEGATIVE.flip(1)), loss(POSITIVE, NEGATIVE))


@pytest.mark.parametrize("loss", BUILT, ids=NAMES)
@pytest.mark.parametrize("size", [1e4, -1e4])
def test_large_scores_give_finite_losses_and_gradients_that_push_the_right_way(loss: Pairwise, size: float) -> None:
    positive, negative = torch.full((2,), size, requires_grad=True), torch.full((2, 3), -size, requires_grad=True)
    value = loss(positive, negative)
    value.backward()
    assert positive.grad is not None
    assert negative.grad is not None
    assert math.isfinite(value.item())
    assert positive.grad.isfinite().all()
    assert negative.grad.isfinite().all()
    if size > 0:  # told apart already
        assert value.item() == 0
        assert not positive.grad.any()
    else:
        assert value.item() > 1e4
        assert (positive.grad < 0).all()
        assert (negative.grad > 0).all()


def test_a_small_sampled_softmax_keeps_its_digits() -> None:
    # In single precision a difference of two logarithms near 30 would be lost altogether.
    value = sampled_softmax(torch.tensor([30.0]), torch.tensor([[0.0, 0.0]]), 1.0).item()
    assert value == pytest.approx(2 * math.exp(-30), rel=1e-5)


@pytest.mark.parametrize(
    ("component", "field"), [(Margin, "margin"), (SampledSoftmax, "temperature"), (Softmax, "temperature")]
)
@pytest.mark.parametrize("value", [0.0, -1.0, math.inf])
def test_a_margin_and_a_temperature_are_positive_and_finite(component: Any, field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"1 validation error for {component.__name__}\n{field}\n"):
        component(**{field: value})


def test_only_the_softmax_over_all_items_is_listwise() -> None:
    assert [loss.listwise for loss in (BCE, BPR, Margin, SampledSoftmax, Softmax)] == [False] * 4 + [True]
    assert [loss.takes_negatives() for loss in (BPR, CosineContrastive, Softmax, DirectAU)] == [
        True,
        True,
        False,
        False,
    ]


def test_cosines_are_drawn_to_one_and_below_the_margin() -> None:
    positive, negative = torch.tensor([0.9, 0.5]), torch.tensor([[0.6, -0.2], [0.3, 1.0]])
    by_hand = (0.1 + 0.5) / 2 + 4.0 * ((0.6 - 0.4) / 2 + (1.0 - 0.4) / 2) / 2
    loss = CosineContrastive(margin=0.4, negative_weight=4.0).build()
    assert loss(positive, negative).item() == pytest.approx(by_hand)
