"""Many numbers in few: histograms of several samples over one range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt


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
