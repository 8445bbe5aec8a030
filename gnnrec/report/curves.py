"""Training curves: a number for each epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

POINTS = 2000
"""Epochs of a curve, however many there were."""


@dataclass(frozen=True)
class Curves:
    """Numbers of epochs.

    Attributes:
        epochs: Counted from 1.
        series: By name, as in history.jsonl (`train_loss`, `val_loss`, …); None where one was not computed.
        chosen: The epoch whose weights are kept.
    """

    epochs: list[int]
    series: dict[str, list[float | None]]
    chosen: int

    def at_chosen(self, name: str) -> float | None:
        """A number of the chosen epoch."""
        return self.series[name][self.epochs.index(self.chosen)]


def curves(history: pd.DataFrame, chosen: int | None) -> Curves | None:
    """The losses and validation metrics of a history; None where there were no epochs."""
    if history.empty or chosen is None:
        return None
    step = -(-len(history) // POINTS)
    kept = history[(np.arange(len(history)) % step == 0) | (history["epoch"] == chosen)]
    names = [name for name in history.columns if name == "train_loss" or name.startswith("val_")]
    series = {name: [None if np.isnan(value) else float(value) for value in kept[name].astype(float)] for name in names}
    return Curves(kept["epoch"].astype(int).tolist(), series, chosen)
