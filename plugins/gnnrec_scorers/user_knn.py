"""User-based nearest neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, PositiveInt

from gnnrec import Scorer, Tuned

if TYPE_CHECKING:
    from torch import Generator, nn

    from gnnrec import Observed
    from gnnrec.data.size import Size


class UserKNN(Scorer):
    """User-based nearest neighbours by cosine (Resnick et al. 1994): what similar users of training know, summed.

    A history h is compared with the users v of training by the cosine of their items, each of which weighs
    n_i^-item_power, and scored by Σ cos(h, v)^power over the `neighbours` nearest that know the item. Departures: the
    sum is not divided by the sum of similarities, which is for ratings; popular items say less of a user, and cosines
    are raised to a power (inverse frequency and case amplification of Breese et al. 1998).
    """

    uses: ClassVar[tuple[str, ...]] = ()

    memory_for: ClassVar[str] = "similarities to all users for a block of histories"

    name: Literal["user_knn"] = "user_knn"

    neighbours: Annotated[PositiveInt, Tuned(50, 1000, log=True)] = 300
    """How many users of training score a history at the most."""

    item_power: Annotated[float, Field(ge=0, le=4), Tuned(0.0, 1.0)] = 0.25
    """Power of an item's popularity that it is divided by where users are compared; 0 counts all items alike."""

    power: Annotated[float, Field(gt=0, le=16), Tuned(0.5, 4.0)] = 1.5
    """Of a cosine: the larger, the more the very nearest count."""

    def memory(self, size: Size) -> int:
        """See `block_memory.memory_of_neighbours`."""
        from gnnrec_scorers.block_memory import memory_of_neighbours

        return memory_of_neighbours(size)

    def fit(self, observed: Observed, generator: Generator) -> nn.Module:  # noqa: ARG002 - nothing is drawn
        """See `user_knn_module.UserKNNModule`."""
        from gnnrec_scorers.user_knn_module import UserKNNModule

        return UserKNNModule.of(observed.edges, self.neighbours, self.item_power, self.power)
