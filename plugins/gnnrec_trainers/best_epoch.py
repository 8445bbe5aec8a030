"""Which epoch is the best so far, with its weights, and whether it is worth going on."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gnnrec.contract.training import EpochRecord
from gnnrec_trainers.weights import KeptWeights, overwrite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from gnnrec.contract.training import TrainableModel


class BestEpoch:
    """Keeps the weights of the epoch that is best by a validation metric.

    Args:
        model: Whose weights.
        monitor: The metric: `loss` is minimised, everything else maximised.
        patience: How many epochs in a row may be no better before training is over; None for no end.
        min_delta: By how much an epoch has to be better to count for `patience`.

    Attributes:
        record: The best epoch's; None before the first.
        waited: How many epochs in a row were no better.
    """

    def __init__(self, model: TrainableModel, monitor: str, patience: int | None, min_delta: float) -> None:
        self._monitor, self._patience, self._min_delta = monitor, patience, min_delta
        self._kept = KeptWeights(model)
        self._reference: float | None = None
        self.record: EpochRecord | None = None
        self.waited = 0

    @property
    def is_over(self) -> bool:
        """Whether patience is at its end."""
        return self._patience is not None and self.waited >= self._patience

    def judge(self, record: EpochRecord, model: TrainableModel) -> None:
        """Take in an epoch that is over: copy the model's weights if it is the best, count it if it is no better."""
        value = record.val[self._monitor]
        if self.record is None or gain(self._monitor, value, self.record.val[self._monitor]) > 0:
            self.choose(record, model)
        if self._reference is None or gain(self._monitor, value, self._reference) > self._min_delta:
            self._reference, self.waited = value, 0
        else:
            self.waited += 1

    def choose(self, record: EpochRecord, model: TrainableModel) -> None:
        """Take an epoch for the best, whatever it is like, and copy the model's weights."""
        self.record = record
        self._kept.take(model)

    def put_back(self, model: TrainableModel) -> EpochRecord:
        """Give the model the best epoch's weights; returns that epoch.

        Raises:
            ValueError: No epoch was judged.
        """
        if self.record is None:
            raise ValueError("no epoch was judged")
        self._kept.put_back(model)
        return self.record

    def tensors(self) -> dict[str, Tensor]:
        """What a checkpoint holds of it: the best weights, by name; nothing before the first epoch."""
        return self._kept.tensors if self.record is not None else {}

    def values(self) -> dict[str, Any]:
        """And plain data."""
        record = asdict(self.record) if self.record is not None else None
        return {"best": record, "reference": self._reference, "waited": self.waited}

    def restore(self, tensors: Mapping[str, Tensor], values: Mapping[str, Any]) -> None:
        """Go on from what `tensors` and `values` gave."""
        if values["best"] is not None:
            overwrite(self._kept.tensors, tensors)
            self.record = EpochRecord(**values["best"])
        self._reference, self.waited = values["reference"], values["waited"]


def gain(monitor: str, new: float, old: float) -> float:
    """By how much a value of the monitored metric is better than another: a loss by being lower, all else by more.

    >>> gain("loss", 0.25, 0.5), gain("auc", 0.5, 0.75)
    (0.25, -0.25)
    """
    return old - new if monitor == "loss" else new - old
