"""How surprising random draws are, by Pearson's chi-square test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from scipy.stats import chi2

if TYPE_CHECKING:
    from torch import Tensor


def surprise(drawn: Tensor, chances: dict[int, float]) -> float:
    """Pearson's statistic over its 99.9 % point, where cells have chances in these proportions; below 1 is right.

    A draw outside the cells is an error.
    """
    cells = torch.tensor(list(chances))
    counts = torch.bincount(drawn.flatten(), minlength=int(cells.max()) + 1)
    assert int(counts.sum()) == int(counts[cells].sum()) == drawn.numel()
    chance = torch.tensor(list(chances.values())).double()
    expected = drawn.numel() * chance / chance.sum()
    return float(((counts[cells] - expected) ** 2 / expected).sum() / chi2.ppf(0.999, len(cells) - 1))


def alike(cells: list[int]) -> dict[int, float]:
    return dict.fromkeys(cells, 1.0)
