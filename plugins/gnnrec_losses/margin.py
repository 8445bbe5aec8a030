"""Pairwise hinge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import PositiveFloat

from gnnrec import Loss, Tuned

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


class Margin(Loss):
    """Pairwise hinge: each positive above each of its negatives by a margin, and then no further (Weston et al. 2011).

    Mean of max(0, m - s⁺ + s⁻): the margin ranking loss that WSABIE starts from, without its weights by rank; Hsieh et
    al. 2017 use it with distances for scores. Meant for negatives of the same user, `negatives.corrupt: item`.
    """

    name: Literal["margin"] = "margin"

    margin: Annotated[PositiveFloat, Tuned(0.1, 2.0, log=True)] = 1.0
    """How far above (m), in units of a score: cosines lie between -1 and 1, dots anywhere."""

    def build(self) -> Callable[[Tensor, Tensor], Tensor]:
        """`functional.margin` with this margin."""
        from functools import partial

        from gnnrec_losses.functional import margin

        return partial(margin, margin=self.margin)
