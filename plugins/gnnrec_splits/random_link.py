"""A uniformly random split of interactions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from gnnrec_splits.shares import Share, Shares

if TYPE_CHECKING:
    from gnnrec import Interactions, Split


class RandomLink(Shares):
    """Uniformly random parts, sized like torch_geometric's RandomLinkSplit; it draws no negatives.

    Of E interactions, floor(val·E) and floor(test·E) are held out. Of the T that are left, floor(disjoint_train·T) are
    supervision edges only and the others message edges only; with `disjoint_train: 0` each is both. What is asked for
    is at least one.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    instead: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("by", "time", "timestamp", "order"),
        "this split is random; name: temporal holds out what is latest of all, name: leave_last what is latest of each "
        "user",
    )

    name: Literal["random_link"] = "random_link"

    disjoint_train: Share = 0.3
    """Share of training interactions that are scored and not propagated over; with 0 each one is both."""

    def split(self, interactions: Interactions) -> Split:
        """In the order of their hashes, the first are val and the next test.

        Raises:
            DataError: There are too few interactions for one in each part.
        """
        import numpy as np

        from gnnrec.data.draws import count_of
        from gnnrec.data.parts import TEST, TRAIN, VAL
        from gnnrec_splits.parts import divided, drawn, message_and_supervision

        count = len(interactions)
        num_val, num_test = count_of(self.val, count), count_of(self.test, count)
        order = drawn(self, interactions, "parts")
        part = np.full(count, TRAIN, np.int8)
        part[order[:num_val]] = VAL
        part[order[num_val : num_val + num_test]] = TEST
        return divided(self, interactions, part, message_and_supervision(self, interactions, part))
