"""What training minimises and evaluation reports: a recipe's loss, as it is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from gnnrec.contract.kinds import Loss


@dataclass(frozen=True)
class Objective:
    """A loss as it is called: with positive and negative scores, all scores and positives, or a batch's embeddings."""

    loss: Callable[..., Tensor]
    listwise: bool = False
    batchwise: bool = False

    @classmethod
    def of(cls, loss: Loss | None) -> Objective | None:
        """Build a recipe's loss; None for a recommender that is not trained and so has none."""
        return None if loss is None else cls(loss.build(), loss.listwise, loss.batchwise)
