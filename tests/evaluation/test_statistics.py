from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnnrec.evaluation.statistics import (
    bootstrap_interval,
    holm,
    resampled_interval,
    resampled_p_value,
    sign_flip_p_value,
)


def test_the_bootstrap_interval_is_that_of_the_normal_approximation_where_it_holds() -> None:
    values = np.random.default_rng(0).normal(3.0, 2.0, size=2000)
    low, high = bootstrap_interval(values, seed=1)
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.01)
    assert (low, high) == bootstrap_interval(values, seed=1)
    assert (low, high) != bootstrap_interval(values, seed=2)


def test_a_constant_has_no_spread() -> None:
    assert bootstrap_interval(np.full(10, 0.5), seed=0) == (0.5, 0.5)


def test_the_p_value_is_that_of_all_sign_flips() -> None:
    differences = np.array([0.3, -0.1, 0.2, 0.5, 0.4, -0.2, 0.1, 0.3])
    flips = np.array(list(itertools.product((-1, 1), repeat=8)))
    exact = (np.abs(flips @ differences) >= abs(differences.sum()) - 1e-12).mean()
    assert sign_flip_p_value(differences, seed=0) == pytest.approx(exact, abs=0.01)


def test_p_values_under_no_difference_are_uniform() -> None:
    random = np.random.default_rng(0)
    values = [sign_flip_p_value(random.normal(size=50), seed=seed, draws=400) for seed in range(300)]
    assert np.mean(np.array(values) < 0.1) == pytest.approx(0.1, abs=0.05)
    assert np.mean(values) == pytest.approx(0.5, abs=0.06)


def test_a_clear_difference_has_the_smallest_p_value_there_is() -> None:
    assert sign_flip_p_value(np.ones(100), seed=0, draws=999) == pytest.approx(1 / 1000)
    assert sign_flip_p_value(np.zeros(3), seed=0) == 1.0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_lowers_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[i] for i in order] == sorted(adjusted)
    assert adjusted[order[0]] == min(1.0, p_values[order[0]] * len(p_values))


def test_the_interval_over_splits_knows_that_they_share_training_data() -> None:
    values = np.array([0.1, 0.2, 0.3])
    # s² = 0.01, variance of the mean (1/3 + 1/4) · 0.01, quantile of Student's t with two degrees of freedom 4.302653.
    low, high = resampled_interval(values, 0.25)
    assert (low, high) == (pytest.approx(0.2 - 0.328621, abs=1e-5), pytest.approx(0.2 + 0.328621, abs=1e-5))
    narrow = resampled_interval(values, 0.25, level=0.5)
    assert narrow[1] - 0.2 == pytest.approx(0.816497 * np.sqrt((1 / 3 + 1 / 4) * 0.01), abs=1e-6)


def test_the_test_over_splits_is_the_corrected_t_test() -> None:
    # t = 0.2 / 0.0763763 = 2.61861; with two degrees of freedom p = 1 - t / sqrt(t² + 2).
    t = 0.2 / np.sqrt((1 / 3 + 1 / 4) * 0.01)
    assert resampled_p_value(np.array([0.1, 0.2, 0.3]), 0.25) == pytest.approx(1 - t / np.sqrt(t**2 + 2))
    assert resampled_p_value(np.full(4, 0.5), 0.25) == 0.0
    assert resampled_p_value(np.zeros(4), 0.25) == 1.0


def test_without_shared_data_it_is_students_own() -> None:
    from scipy.stats import ttest_1samp

    values = np.random.default_rng(0).normal(0.3, 1.0, 12)
    assert resampled_p_value(values, 0.0) == pytest.approx(ttest_1samp(values, 0.0).pvalue)
