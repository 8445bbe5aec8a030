"""Whether two recommenders differ: paired over users, without assuming a distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

DRAWS = 10_000
"""Resamples of a bootstrap, and sign flips of a test; a p-value is not below 1 / (DRAWS + 1)."""

BLOCK_CELLS = 2**22
"""Random numbers held at once."""


def bootstrap_interval(values: Floats, *, seed: int, level: float = 0.95, draws: int = DRAWS) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean of `values` [n] (Efron 1979); for a difference, give differences.

    Args:
        values: A value per user.
        seed: The same seed gives the same interval.
        level: Its coverage.
        draws: How many resamples.
    """
    generator = np.random.default_rng(seed)
    count = len(values)
    means = [values[generator.integers(count, size=(size, count))].mean(axis=1) for size in _blocks(draws, count)]
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def sign_flip_p_value(differences: Floats, *, seed: int, draws: int = DRAWS) -> float:
    """Two-sided paired randomisation test of no difference (Fisher 1935; for rankings, Smucker et al. 2007).

    Under the null hypothesis each user's difference is as likely to have the other sign. The p-value is the share of
    random sign flips, the observed one included, whose mean is at least as far from zero.

    Args:
        differences: Per user, one recommender less the other: [n].
        seed: The same seed gives the same p-value.
        draws: How many sign flips.

    >>> sign_flip_p_value(np.zeros(5), seed=0)
    1.0
    """
    differences = differences[differences != 0.0]  # a zero stays zero under any sign
    if not len(differences):
        return 1.0
    generator = np.random.default_rng(seed)
    observed = abs(differences.sum())
    reached = 0
    for size in _blocks(draws, len(differences)):
        signs = generator.integers(2, size=(size, len(differences)), dtype=np.int8) * 2 - 1
        reached += int((np.abs(signs @ differences) >= observed * (1 - 1e-12)).sum())
    return (reached + 1) / (draws + 1)


def resampled_interval(values: Floats, test_to_train: float, *, level: float = 0.95) -> tuple[float, float]:
    """Interval of the mean over splits that share training data (Nadeau and Bengio 2003, corrected resampled t-test).

    The variance of the mean is taken as (1/J + n_test/n_train) · s²: what splits have in common does not average out.

    Args:
        values: A value per split (a fold, a window, another seed), or a difference of two: [J], J at least 2.
        test_to_train: How many interactions are tested on for each that is learned from.
        level: Its coverage.
    """
    from scipy.stats import t

    mean, error = float(values.mean()), _resampled_error(values, test_to_train)
    reach = float(t.ppf((1 + level) / 2, len(values) - 1)) * error
    return mean - reach, mean + reach


def resampled_p_value(differences: Floats, test_to_train: float) -> float:
    """Two-sided p-value of no difference over splits that share training data; see `resampled_interval`.

    >>> resampled_p_value(np.zeros(5), 0.25)
    1.0
    """
    from scipy.stats import t

    error = _resampled_error(differences, test_to_train)
    if error == 0.0:
        return 1.0 if differences.mean() == 0.0 else 0.0
    return float(2 * t.sf(abs(differences.mean()) / error, len(differences) - 1))


def _resampled_error(values: Floats, test_to_train: float) -> float:
    return float(np.sqrt((1 / len(values) + test_to_train) * values.var(ddof=1)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust for many comparisons (Holm 1979): each below a level keeps the chance of any false claim below it.

    >>> [round(p, 6) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def _blocks(draws: int, count: int) -> Iterator[int]:
    """Sizes that add up to `draws`, each with at most BLOCK_CELLS numbers."""
    size = max(1, BLOCK_CELLS // count)
    while draws > 0:
        yield min(size, draws)
        draws -= size
