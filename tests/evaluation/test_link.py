from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics.functional.classification import binary_auroc, binary_average_precision
from toys import edges, interactions, movielens_like, pairs_of, small_recipe

from gnnrec import DataError, pipeline, run
from gnnrec.evaluation import evaluator, link
from gnnrec.evaluation.link import LabelledPairs, auc, average_precision, by_score, held_out_pairs
from gnnrec.recipe.schema import Evaluation
from gnnrec.testing import checkerboard
from gnnrec_losses.functional import bce
from gnnrec_splits.random_link import RandomLink

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

SCORES = st.lists(st.integers(-3, 3), min_size=1, max_size=12)
"""Few values, so that there are ties."""

ANY_SCORES = st.lists(st.floats(width=32, allow_nan=False) | st.sampled_from([0.0, 1.0]), min_size=1, max_size=20)
"""Infinities are among them."""


def judge(positive: list[float], negative: list[float]) -> dict[str, float]:
    """Metrics of the given scores; the negatives are dealt evenly, so their number is a multiple of the positives'."""
    count, all_scores = len(positive), torch.tensor([*positive, *negative], dtype=torch.float32)
    pairs = LabelledPairs(torch.stack([torch.zeros(len(all_scores)), torch.arange(len(all_scores))]).long(), count)
    divided = pairs.divide(all_scores)
    counts = by_score(*divided)
    return {"loss": float(bce(*divided)), "auc": auc(*counts), "ap": average_precision(*counts)}


def auc_by_counting(positive: list[float], negative: list[float]) -> float:
    """The share of (positive, negative) pairs in the right order; a tie counts half."""
    won = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return won / (len(positive) * len(negative))


def ap_by_counting(positive: list[float], negative: list[float]) -> float:
    """Precision at each threshold, weighted with the recall gained there."""
    points = [(0.0, 0.0)]
    for threshold in sorted({*positive, *negative}, reverse=True):
        hits, misses = (sum(score >= threshold for score in scores) for scores in (positive, negative))
        points.append((hits / len(positive), hits / (hits + misses)))
    return sum((after[0] - before[0]) * after[1] for before, after in pairwise(points))


def test_metrics_are_those_counted_by_hand() -> None:
    metrics = judge([3.0, 1.0], [2.0, 0.0, 1.0, -1.0])
    # In order: 3+ 2- {1+ 1-} 0- -1-. Positive 3 beats all four; positive 1 beats two and ties with one: 6.5 of 8.
    assert metrics["auc"] == pytest.approx(6.5 / 8)
    assert metrics["ap"] == pytest.approx(1 / 2 * 1 + 1 / 2 * 2 / 4)
    expected = [math.log1p(math.exp(-s)) for s in (3, 1)] + [math.log1p(math.exp(s)) for s in (2, 0, 1, -1)]
    assert metrics["loss"] == pytest.approx(sum(expected) / 6)


@given(positive=SCORES, negative=SCORES)
def test_auc_and_ap_equal_an_independent_count_with_ties(positive: list[float], negative: list[float]) -> None:
    dealt = negative * len(positive)
    metrics = judge(positive, dealt)
    assert metrics["auc"] == pytest.approx(auc_by_counting(positive, dealt), abs=1e-12)
    assert metrics["ap"] == pytest.approx(ap_by_counting(positive, dealt), abs=1e-12)


@given(seed=st.integers(0, 2**32))
def test_auc_and_ap_equal_an_independent_count_on_scores_of_any_size(seed: int) -> None:
    random = np.random.default_rng(seed)
    positive, negative = (random.normal(scale=1e3, size=size).astype(np.float32).tolist() for size in (7, 21))
    metrics = judge(positive, negative)
    assert metrics["auc"] == pytest.approx(auc_by_counting(positive, negative), abs=1e-12)
    assert metrics["ap"] == pytest.approx(ap_by_counting(positive, negative), abs=1e-12)


@given(positive=ANY_SCORES, negative=ANY_SCORES)
def test_auc_and_ap_equal_torchmetrics(positive: list[float], negative: list[float]) -> None:
    ranks = torch.unique(torch.tensor([*positive, *negative]), return_inverse=True)[1].double()
    scores, labels = ranks / (len(ranks) + 1), torch.tensor([1] * len(positive) + [0] * len(negative))
    divided = by_score(torch.tensor(positive), torch.tensor(negative))
    assert auc(*divided) == pytest.approx(float(binary_auroc(scores, labels)), abs=1e-6)
    assert average_precision(*divided) == pytest.approx(float(binary_average_precision(scores, labels)), abs=1e-6)


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        ([1.0, 2.0], [], (0.0, 1.0)),
        ([], [1.0, 2.0], (0.0, 0.0)),
        ([], [], (0.0, 0.0)),
        ([math.inf], [math.inf, -math.inf], (0.75, 1 / 2)),
        ([-math.inf, math.inf], [0.0, math.inf], (1.5 / 4, 1 / 2 * 1 / 2 + 1 / 2 * 2 / 4)),
        ([math.nan, 1.0], [0.0, 2.0], (3 / 4, 1 / 2 + 1 / 2 * 2 / 3)),
        ([1.0, 1.0], [math.nan, 0.0], (1 / 2, 2 / 3)),
        ([math.nan, math.inf], [math.inf, 0.0], (3.5 / 4, 1 / 2 + 1 / 2 * 2 / 3)),
    ],
)
def test_of_one_class_alone_of_infinities_and_of_what_is_no_number(
    positive: list[float], negative: list[float], expected: tuple[float, float]
) -> None:
    divided = by_score(torch.tensor(positive), torch.tensor(negative))
    assert (auc(*divided), average_precision(*divided)) == pytest.approx(expected, abs=1e-15)


def test_auc_and_ap_are_exact_in_double_precision() -> None:
    count = 10_000
    positive, negative = torch.arange(0, 2 * count, 2), torch.arange(1, 2 * count, 2)  # 0+ 1- 2+ 3- …
    assert auc(*by_score(positive, negative)) == (count - 1) * count / 2 / count**2
    assert average_precision(*by_score(torch.tensor([-1]), torch.zeros(count))) == 1 / (count + 1)


def test_large_scores_make_no_ties() -> None:
    assert judge([200.0], [100.0])["auc"] == 1.0
    assert judge([-200.0], [-100.0])["auc"] == 0.0
    assert judge([5.0], [5.0])["auc"] == 0.5


def test_pairs_are_positives_and_then_the_negatives_of_each() -> None:
    negatives = torch.tensor([[5, 6], [7, 8]]), torch.tensor([[1, 2], [3, 4]])
    pairs = LabelledPairs.of(edges([(0, 1), (2, 3)], 9, 9), negatives)
    assert pairs.edge_label_index.tolist() == [[0, 2, 5, 6, 7, 8], [1, 3, 1, 2, 3, 4]]
    positive, negative = pairs.divide(torch.arange(6))
    assert (positive.tolist(), negative.tolist()) == ([0, 1], [[2, 3], [4, 5]])


def test_evaluation_negatives_are_a_positive_of_no_part_and_follow_from_the_split_s_seed() -> None:
    split = RandomLink(seed=1).split(checkerboard())
    drawn = {}
    for part in ("val", "test"):
        pairs = held_out_pairs(split, part, 1, 5)
        positives, negatives = pairs.edge_label_index[:, :9], pairs.edge_label_index[:, 9:]
        assert set(map(tuple, positives.T.tolist())) == pairs_of(split.edges(part))
        assert negatives.shape == (2, 45)
        assert not set(map(tuple, negatives.T.tolist())) & pairs_of(split.interactions.edges)
        assert torch.equal(held_out_pairs(split, part, 1, 5).edge_label_index, pairs.edge_label_index)
        assert not torch.equal(held_out_pairs(split, part, 2, 5).edge_label_index, pairs.edge_label_index)
        drawn[part] = negatives
    assert not torch.equal(drawn["val"], drawn["test"])


def test_of_very_many_held_out_pairs_a_sample_is_asked_and_the_run_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    split = RandomLink(val=0.25, test=0.25, seed=1).split(checkerboard())
    held_out = pairs_of(split.edges("test"))
    monkeypatch.setattr(link, "MOST_PAIRS", 3 * len(held_out))
    assert held_out_pairs(split, "test", 1, 2).num_positives == len(held_out) == 24
    monkeypatch.setattr(link, "MOST_PAIRS", 32)
    drawn = set()
    for seed in range(3):
        pairs = held_out_pairs(split, "test", seed, 2)
        assert (pairs.num_positives, pairs.edge_label_index.shape) == (10, (2, 30))
        positives = list(map(tuple, pairs.edge_label_index[:, :10].T.tolist()))
        assert positives == sorted(set(positives) & held_out)
        assert torch.equal(held_out_pairs(split, "test", seed, 2).edge_label_index, pairs.edge_label_index)
        drawn |= {*positives}
    assert len(drawn) > 10  # another seed draws others
    with caplog.at_level("INFO", "gnnrec"):
        evaluator.Evaluator(split, "test", Evaluation(metrics=()), 1)
    assert caplog.messages == [
        "auc, ap and a loss of pairs are asked of 10 of the 24 test interactions, a sample, with their negatives"
    ]


def test_the_auc_of_a_sample_differs_by_no_more_than_its_documented_deviation() -> None:
    generator = torch.Generator().manual_seed(0)
    positive, negative = torch.randn(20_000, generator=generator) + 0.5, torch.randn(20_000, 2, generator=generator)
    whole, errors = auc(*by_score(positive, negative)), []
    for _ in range(100):
        some = torch.randperm(20_000, generator=generator)[:1000]
        errors.append(auc(*by_score(positive[some], negative[some])) - whole)
    assert 0 < np.sqrt(np.mean(np.square(errors))) < math.sqrt(whole * (1 - whole) / 1000)


def test_every_run_over_a_split_is_asked_the_same_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Tensor] = []

    def spy(*arguments: Any) -> LabelledPairs:
        pairs = held_out_pairs(*arguments)
        asked.append(pairs.edge_label_index)
        return pairs

    monkeypatch.setattr(evaluator, "held_out_pairs", spy)
    monkeypatch.setattr(pipeline, "write_report", lambda _: None)  # it would ask its baselines the same
    data = movielens_like(tmp_path / "data")
    for changes in ({"seed": 0}, {"seed": 1, "encoder__layers": 1, "negatives__ratio": 5}, {"split__seed": 7}):
        run(small_recipe(data, **changes), out=tmp_path / "runs")
    assert len(asked) == 6
    assert torch.equal(asked[0], asked[2])
    assert torch.equal(asked[1], asked[3])
    assert not torch.equal(asked[0], asked[4])
    assert not torch.equal(asked[1], asked[5])


def test_a_full_matrix_cannot_be_judged() -> None:
    full = interactions([(user, item) for user in range(3) for item in range(4)], 3, 4)
    split = RandomLink(val=0.2, test=0.2).split(full)
    with pytest.raises(DataError) as error:
        held_out_pairs(split, "val", 0, 2)
    assert str(error.value).startswith("every user has interacted with every item: there are no negatives, and")
