"""A uniformly random split of interactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from gnnrec import Fraction, Splitter

if TYPE_CHECKING:
    from gnnrec import Interactions, Split


class RandomLink(Splitter):
    """Uniformly random parts, sized like torch_geometric's RandomLinkSplit; it draws no negatives.

    Of E interactions, floor(val·E) and floor(test·E) are held out. Of the T that are left, floor(disjoint_train·T) are
    supervision edges only and the others message edges only; with `disjoint_train: 0` each is both.
    """

    name: Literal["random_link"] = "random_link"

    val: Fraction = 0.1
    """Share of interactions held out to choose the epoch by."""

    test: Fraction = 0.1
    """Share of interactions held out to judge by, once."""

    disjoint_train: Annotated[float, Field(ge=0, lt=1)] = 0.3
    """Share of training interactions that are scored and not propagated over."""

    @model_validator(mode="after")
    def _leave_something_to_train_on(self) -> Self:
        if self.val + self.test >= 1:
            raise ValueError(f"val + test is {self.val + self.test:g}; expected less than 1")
        return self

    def split(self, interactions: Interactions) -> Split:
        """Permute with `seed`, then cut.

        Raises:
            DataError: There are too few interactions for one in each part.
        """
        import numpy as np

        from gnnrec import DataError, Split

        count = len(interactions)
        num_val, num_test = int(self.val * count), int(self.test * count)
        num_train = count - num_val - num_test
        num_supervision = int(self.disjoint_train * num_train) if self.disjoint_train else num_train
        if not (num_val and num_test and num_supervision):
            raise DataError(
                f"{count} interactions are too few for a random_link split: {num_supervision} supervision edges, "
                f"{num_val} val, {num_test} test; raise the shares, or bring more data"
            )
        order = np.random.default_rng(self.seed).permutation(count)
        held_out, train = order[: num_val + num_test], order[num_val + num_test :]
        part = np.zeros(count, np.int8)
        part[held_out[:num_val]] = 1
        part[held_out[num_val:]] = 2
        supervision, message = np.zeros(count, bool), np.zeros(count, bool)
        supervision[train[:num_supervision]] = True
        message[train[num_supervision:] if self.disjoint_train else train] = True
        return Split(interactions, part, message, supervision)
