"""Whole numbers in bins: of equal weight, or of equal ratio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
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


def quantile_bins(counts: IdArray, count: int) -> Bins:
    """Bins that hold about equally many counts, and before them one of zeros, where there are any.

    They are fewer than `count` where equal counts span several.

    >>> quantile_bins(np.array([5, 1, 2, 9, 2, 0]), 3).labels
    ['0', '1 to 2', '5', '9']
    """
    counted = counts[counts > 0]
    shares = np.arange(1, count + 1) / count if len(counted) else np.zeros(0)
    upper = np.quantile(counted, shares, method="inverted_cdf")
    return _bins(counts, np.unique([0, *upper]))


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
