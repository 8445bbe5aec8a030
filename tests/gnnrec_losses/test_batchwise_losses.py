"""Losses of a batch's embeddings, against what the formulas say pair by pair."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity, normalize

from gnnrec import EmbeddedBatch
from gnnrec_losses import BSL, AdapTau, DirectAU, InBatchSoftmax, log_sums
from gnnrec_losses.batchwise import InBatch, adap_tau, exp_of_lambert, in_batch_softmax, temperatures_of

GENERATOR = torch.Generator().manual_seed(0)
PAIRS = torch.tensor([[0, 0, 1, 2, 2], [0, 3, 0, 1, 2]])  # item 0 stands twice; users 0 and 2 have two items
USER, ITEM = torch.randn(3, 4, generator=GENERATOR), torch.randn(4, 4, generator=GENERATOR)
SHARE = torch.tensor([0.4, 0.1, 0.2, 0.3])
BATCH = EmbeddedBatch(USER, ITEM, PAIRS, SHARE)
COUNTS = (2, 1, 1, 1)
POSITIVES = {0: (0, 3), 1: (0,), 2: (1, 2)}
ALL = [InBatchSoftmax(), InBatchSoftmax(correction=1.0), BSL(), AdapTau(), DirectAU()]


def cosine(user: int, item: int) -> float:
    return cosine_similarity(USER[user], ITEM[item], dim=0).item()


def negatives(user: int, temperature: float, power: float) -> float:
    """Σ exp(cos/t) / q^power over the batch's items, each as often as it stands there, but for the user's own."""
    left = [item for item in range(4) if item not in POSITIVES[user]]
    return sum(COUNTS[item] * math.exp(cosine(user, item) / temperature) / SHARE[item].item() ** power for item in left)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_the_softmax_in_a_batch_is_the_cross_entropy_against_items_of_others(power: float) -> None:
    by_hand = 0.0
    for user, item in PAIRS.T.tolist():
        positive = math.exp(cosine(user, item) / 0.2) / SHARE[item].item() ** power
        by_hand -= math.log(positive / (positive + negatives(user, 0.2, power))) / 5
    loss = InBatchSoftmax(temperature=0.2, correction=power).build()
    assert loss(BATCH).item() == pytest.approx(by_hand, rel=1e-5)


def test_bsl_has_a_temperature_for_each_side() -> None:
    by_hand = 0.0
    for user, items in POSITIVES.items():
        positive = 0.3 * math.log(sum(math.exp(cosine(user, item) / 0.3) for item in items) / len(items))
        others = sum(COUNTS[item] for item in range(4) if item not in items)
        by_hand += len(items) * (0.1 * math.log(negatives(user, 0.1, 0.0) / others) - positive) / 5
    loss = BSL(positive_temperature=0.3, negative_temperature=0.1).build()
    assert loss(BATCH).item() == pytest.approx(by_hand, rel=1e-5)


def test_lambert_is_the_inverse_of_w_exp_w() -> None:
    w = torch.tensor([-0.99, -0.5, 0.0, 0.1, 1.0, 3.0, 8.0])
    torch.testing.assert_close(exp_of_lambert(w * w.exp()), w.exp(), rtol=1e-4, atol=1e-6)


def test_the_harder_user_has_the_higher_temperature() -> None:
    inside = InBatch.of(BATCH, 0.0)
    cosines = inside.cosines
    mean = torch.stack([cosines[PAIRS[0] == user].mean() for user in range(3)])
    losses = torch.tensor([math.log(negatives(user, 1.0, 0.0)) for user in range(3)]) - mean
    found = temperatures_of(inside, cosines, 1.0, 0.05)
    assert found.argsort().tolist() == losses.argsort().tolist()
    expected = (losses - losses.mean()).clamp_min(-1 / math.e)
    ratio = found / found.new_tensor(_common(cosines, inside))
    torch.testing.assert_close(ratio * ratio.log(), expected, rtol=1e-4, atol=1e-5)
    alike = adap_tau(BATCH, 1e6, 0.5, 0.0)
    assert alike.item() == pytest.approx(in_batch_softmax(BATCH, 0.5, 0.0).item(), rel=1e-4)


def _common(cosines: Tensor, inside: InBatch) -> float:
    above = cosines.mean() - (inside.user @ inside.item.T).mean()
    return max(0.05, above.item() / max(1.0, math.log(3 * 4 / (2 * 5))))


def test_directau_is_alignment_and_uniformity() -> None:
    user, item = normalize(USER), normalize(ITEM)
    alignment = sum((user[u] - item[i]).square().sum().item() for u, i in PAIRS.T.tolist()) / 5

    def uniformity(unit: Tensor, drawn: Tensor) -> float:
        ids = drawn.tolist()
        apart = [(a, b) for a in ids for b in ids if a != b]
        return math.log(sum(math.exp(-2 * (unit[a] - unit[b]).square().sum().item()) for a, b in apart) / len(apart))

    by_hand = alignment + 2.0 * (uniformity(user, PAIRS[0]) + uniformity(item, PAIRS[1])) / 2
    assert DirectAU(gamma=2.0).build()(BATCH).item() == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_one_pair_alone_has_nothing_to_be_told_from(loss: Any) -> None:
    user = torch.tensor([[1.0, 2.0]], requires_grad=True)
    value = loss.build()(EmbeddedBatch(user, torch.tensor([[2.0, 1.0]]), torch.zeros(2, 1).long(), torch.ones(1)))
    value.backward()
    assert user.grad is not None
    assert math.isfinite(value.item())
    assert user.grad.isfinite().all()


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_length_does_not_count(loss: Any) -> None:
    longer = EmbeddedBatch(3 * USER, 7 * ITEM, PAIRS, SHARE)
    torch.testing.assert_close(loss.build()(longer), loss.build()(BATCH))


@pytest.mark.parametrize("cells", [2**24, 9], ids=["at once", "in blocks"])
def test_log_sums_are_those_of_a_dense_matrix(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_sums, "BLOCK_CELLS", cells)
    left, right = (torch.randn(n, 3, generator=GENERATOR).requires_grad_() for n in (7, 4))
    weight, excluded = torch.randn(4, generator=GENERATOR), torch.tensor([[0, 0, 5, 6], [1, 1, 3, 0]])
    out = torch.zeros(7, 4, dtype=torch.bool)
    out[excluded[0], excluded[1]] = True
    dense = (left @ right.T + weight).masked_fill(out, -torch.inf).logsumexp(dim=1)
    sums = log_sums.log_sums(left, right, weight, excluded)
    torch.testing.assert_close(sums, dense)
    for got, expected in zip(
        *(torch.autograd.grad(x.square().sum(), [left, right]) for x in (sums, dense)), strict=True
    ):
        torch.testing.assert_close(got, expected)


def test_a_temperature_may_be_small_and_a_sum_of_nothing_gives_no_gradient() -> None:
    left = torch.tensor([[1e4, 0.0], [0.0, 1e4]], requires_grad=True)
    sums = log_sums.log_sums(left, torch.eye(2), torch.zeros(2), torch.tensor([[0, 1, 1], [0, 0, 1]]))
    assert sums.isfinite().all()
    sums.sum().backward()
    assert left.grad is not None
    assert left.grad.isfinite().all()
    assert not left.grad[1].any()


@pytest.mark.parametrize(
    ("component", "fields"),
    [
        (InBatchSoftmax, {"temperature": 0.0}),
        (InBatchSoftmax, {"correction": 1.5}),
        (BSL, {"negative_temperature": math.inf}),
        (AdapTau, {"spread": 0.0}),
        (DirectAU, {"gamma": -1.0}),
    ],
)
def test_fields_are_bounded(component: Any, fields: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"1 validation error for {component.__name__}\n{next(iter(fields))}\n"):
        component(**fields)
