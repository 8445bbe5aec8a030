"""Many numbers in few: bins of equal weight, bins of equal ratio, histograms over one range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from gnnrec.data.edges import IdArray


@dataclass(frozen=True)
class Bins:
    """Whole numbers put into bins, lowest first; none is empty.

    Attributes:
        bounds: The lowest and the highest number found in each bin.
        of: int64 [n], the bin of each number.
    """

    bounds: tuple[tuple[int, int], ...]
    of: IdArray

    @property
    def sizes(self) -> IdArray:
        """How many numbers each bin holds."""
        return np.bincount(self.of, minlength=len(self.bounds))

    @property
    def labels(self) -> list[str]:
        """Each bin's bounds in words: `3 to 7`, or `3` where it holds one number only."""
        return [f"{low:,}" if low == high else f"{low:,} to {high:,}" for low, high in self.bounds]

    def mean(self, values: npt.NDArray[np.float64]) -> list[float]:
        """The mean over each bin of values [n]."""
        sums = np.bincount(self.of, weights=values, minlength=len(self.bounds))
        return [float(mean) for mean in sums / self.sizes]


def quantile_bins(values: IdArray, count: int) -> Bins:
    """Bins that hold about equally many numbers; fewer than `count` where equal numbers span several.

    >>> quantile_bins(np.array([5, 1, 2, 9, 2, 2]), 3).labels
    ['1 to 2', '5 to 9']
    """
    upper = np.quantile(values, np.arange(1, count + 1) / count, method="inverted_cdf")
    return _bins(values, np.unique(upper))


def geometric_bins(values: IdArray, count: int) -> Bins:
    """Bins whose bounds grow by a constant ratio, for positive numbers with a long tail.

    >>> geometric_bins(np.array([1, 2, 3, 4, 8, 100]), 3).labels
    ['1 to 4', '8', '100']
    """
    lowest, highest = max(1, int(values.min())), max(1, int(values.max()))
    upper = np.unique(np.ceil(np.geomspace(lowest, highest, count + 1)[1:] * (1 - 1e-12)))
    return _bins(values, upper)


def _bins(values: IdArray, upper: npt.NDArray[np.float64]) -> Bins:
    """Bins by their highest possible values, ascending; empty ones are dropped."""
    _, of = np.unique(np.searchsorted(upper, values), return_inverse=True)
    bounds = tuple((int(values[of == each].min()), int(values[of == each].max())) for each in range(of.max() + 1))
    return Bins(bounds, of.astype(np.int64))


@dataclass(frozen=True)
class Histogram:
    """Several samples over the same bins.

    Attributes:
        centres: The middle of each bin.
        shares: Of each sample, by name, the share that falls into each bin.
    """

    centres: list[float]
    shares: dict[str, list[float]]


def histogram(samples: Mapping[str, npt.NDArray[np.float64]], count: int) -> Histogram:
    """Bin samples over the range that holds all but their last thousandths, which go into the outermost bins.

    >>> histogram({"a": np.array([0.0, 1.0, 1.0, 2.0])}, 2).shares
    {'a': [0.25, 0.75]}
    """
    low, high = np.quantile(np.concatenate(list(samples.values())), [0.001, 0.999], method="nearest")
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, count + 1)
    shares = {
        name: (np.histogram(np.clip(sample, low, high), edges)[0] / len(sample)).tolist()
        for name, sample in samples.items()
    }
    return Histogram(((edges[1:] + edges[:-1]) / 2).tolist(), shares)
