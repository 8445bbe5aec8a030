"""Binary cross-entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec import Loss

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


class BCE(Loss):
    """Binary cross-entropy of scores as logits: mean of softplus(-s) over positives and softplus(s) over negatives.

    Every pair weighs the same, so with R negatives per positive the negatives weigh R times as much in all.
    """

    name: Literal["bce"] = "bce"

    def build(self) -> Callable[[Tensor, Tensor], Tensor]:
        """The plain function below."""
        from gnnrec_losses.functional import bce

        return bce
