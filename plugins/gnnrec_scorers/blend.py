"""Several recommenders joined into one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import PositiveInt, model_validator

from gnnrec import Blending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from gnnrec import HeldOut

logger = logging.getLogger("gnnrec")


class Blend(Blending):
    """A weighted sum of recommenders' scores, each standardised per user: scorers, and models trained in the same run.

    Weights are given, or all left out: then they are chosen on validation by ndcg, as near to equal ones as one
    standard error allows.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["blend"] = "blend"

    k: PositiveInt = 20
    """Length of the lists whose ndcg chooses the weights, where they are left out."""

    @model_validator(mode="after")
    def _all_weights_or_none(self) -> Self:
        given = [part.weight is not None for part in self.parts]
        if any(given) and not all(given):
            raise ValueError("give every part a weight; or none, and the weights are chosen on validation")
        if all(given) and not sum(part.weight or 0.0 for part in self.parts):
            raise ValueError("all weights are 0, so nothing would be recommended for a reason; give one of them more")
        return self

    def join(self, held_out: HeldOut | None) -> nn.Module:
        """See `blend_module.BlendModule`.

        Raises:
            UsageError: No weights are given, and nothing is val.
        """
        from gnnrec import UsageError
        from gnnrec_scorers.blend_module import BlendModule, chosen_weights

        given = [part.weight for part in self.parts if part.weight is not None]
        if given:
            return BlendModule(given)
        if held_out is None:
            raise UsageError(
                "a blend whose parts have no weight chooses them on validation, and nothing is val: give each part a "
                "weight, or hold something out: split.val: 0.1"
            )
        weights = chosen_weights(held_out, len(self.parts), self.k)
        told = ", ".join(f"{part.title} {weight:.2f}" for part, weight in zip(self.parts, weights, strict=True))
        logger.info("blend: weights chosen on validation: %s", told)
        return BlendModule(weights)

    def restore(self, state: Mapping[str, Tensor]) -> nn.Module:
        """From the saved weights."""
        from gnnrec_scorers.blend_module import BlendModule

        return BlendModule(state["weights"].tolist())
