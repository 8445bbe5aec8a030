"""A split for cross-validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, NonNegativeInt, model_validator

from gnnrec import Fraction
from gnnrec_splits.shares import DisjointTrain

if TYPE_CHECKING:
    from gnnrec import Interactions, Split


class KFold(DisjointTrain):
    """Interactions are dealt out to folds at random; one of them is test, and val is a share of the others.

    The folds are the same whichever of them is test, so that over all of them each interaction is test once.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    name: Literal["k_fold"] = "k_fold"

    folds: Annotated[int, Field(ge=2)] = 5
    """How many folds there are."""

    fold: NonNegativeInt = 0
    """Which of them is test, counted from 0."""

    val: Fraction = 0.1
    """Share of the other folds held out to choose the epoch by."""

    @model_validator(mode="after")
    def _have_the_fold(self) -> Self:
        if self.fold >= self.folds:
            raise ValueError(f"fold {self.fold} does not exist: folds are 0 to {self.folds - 1}")
        return self

    def split(self, interactions: Interactions) -> Split:
        """Deal out in the order of hashes, one to each fold in turn.

        Raises:
            DataError: There are too few interactions for one in each part.
        """
        import numpy as np

        from gnnrec.data.parts import TEST, TRAIN
        from gnnrec_splits.parts import divided, drawn, message_and_supervision, with_val

        part = np.full(len(interactions), TRAIN, np.int8)
        part[drawn(self, interactions, "folds")[self.fold :: self.folds]] = TEST
        part = with_val(self, interactions, part, self.val)
        return divided(self, interactions, part, message_and_supervision(self, interactions, part))
