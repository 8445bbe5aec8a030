"""Implicit alternating least squares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import PositiveFloat, PositiveInt

from gnnrec import Scorer, Tuned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Generator, Tensor, nn

    from gnnrec import Observed
    from gnnrec.data.size import Size


class IALS(Scorer):
    """Matrix factorisation of implicit feedback by alternating least squares (Hu, Koren and Volinsky 2008).

    Every pair counts: an interaction as a one of weight 1 + `alpha`, everything else as a zero of weight 1. Item
    factors are fitted by the package `implicit` (`pip install gnnrec[baselines]`); a user's factors are solved from the
    history, equation 4, so a new user is scored like any other.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    memory_for: ClassVar[str] = "interactions by user and by item, and factors of both"

    name: Literal["ials"] = "ials"

    stored: ClassVar[bool] = True

    deterministic: ClassVar[bool] = False

    factors: Annotated[PositiveInt, Tuned(16, 256, log=True)] = 64
    """Size of a user's and an item's vector (f of the paper)."""

    regularization: Annotated[PositiveFloat, Tuned(3.0, 300.0, log=True)] = 30.0
    """Weight of the squared factors (λ)."""

    alpha: Annotated[PositiveFloat, Tuned(0.3, 30.0, log=True)] = 3.0
    """How much more an interaction weighs than a pair without one."""

    iterations: PositiveInt = 15
    """How often users and items are solved in turn."""

    def memory(self, size: Size) -> int:
        """Two sparse matrices [U, I] and [I, U], and float32 factors [U, f] and [I, f]."""
        return 16 * size.interactions + 4 * (size.users + size.items) * self.factors

    def fit(self, observed: Observed, generator: Generator) -> nn.Module:
        """Solve in turn, from item factors drawn with `generator`.

        Raises:
            UsageError: The package `implicit` is missing.
            TrainingError: The equations cannot be solved in float32.
        """
        import torch

        from gnnrec_scorers.ials_fit import item_factors

        seed = int(torch.randint(2**31, (), generator=generator))
        fitted = item_factors(
            observed.edges,
            factors=self.factors,
            regularization=self.regularization,
            alpha=self.alpha,
            iterations=self.iterations,
            seed=seed,
        )
        return self.restore({"item_factors": fitted})

    def restore(self, state: Mapping[str, Tensor]) -> nn.Module:
        """Needs item factors alone, and no `implicit`."""
        from gnnrec_scorers.ials_module import IALSModule

        return IALSModule(state["item_factors"], self.regularization, self.alpha)
