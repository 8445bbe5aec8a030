"""Copies of a model's weights: the best epoch's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from gnnrec.contract.training import TrainableModel


class KeptWeights:
    """A copy of a model's weights, overwritten in place.

    Args:
        model: Whose.

    Attributes:
        tensors: The copy.
    """

    def __init__(self, model: TrainableModel) -> None:
        self.tensors: dict[str, Tensor] = {name: value.clone() for name, value in model.state_dict().items()}

    def take(self, model: TrainableModel) -> None:
        """Copy the model's weights."""
        overwrite(self.tensors, model.state_dict())

    def put_back(self, model: TrainableModel) -> None:
        """Give the model the weights that were taken last."""
        overwrite(model.state_dict(), self.tensors)


def overwrite(old: Mapping[str, Tensor], new: Mapping[str, Tensor]) -> None:
    """Copy values by name, in place."""
    for name, value in old.items():
        value.copy_(new[name])
