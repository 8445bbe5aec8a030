"""Bayesian personalised ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec import Loss

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


class BPR(Loss):
    """Bayesian personalised ranking: each positive above each of its negatives (Rendle et al. 2009).

    BPR-Opt without its regularisation, which is the trainer's: mean of -ln σ(s⁺ - s⁻). Meant for negatives of the same
    user, `negatives.corrupt: item`.
    """

    name: Literal["bpr"] = "bpr"

    def build(self) -> Callable[[Tensor, Tensor], Tensor]:
        """`functional.bpr`."""
        from gnnrec_losses.functional import bpr

        return bpr
