"""Item-based nearest neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, PositiveInt

from gnnrec import Scorer, Tuned

if TYPE_CHECKING:
    from torch import Generator, nn

    from gnnrec import Observed
    from gnnrec.data.size import Size


class ItemKNN(Scorer):
    """Item-based nearest neighbours by cosine (Sarwar et al. 2001): the similarities to what the user knows, summed.

    An item i is compared with its `neighbours` nearest items j, by c_ij / (n_i^item_power · sqrt(n_j) + shrinkage),
    where c_ij sums d_u^-user_power over the users u of both; n and d count interactions. Departures: the sum is not
    divided by the sum of similarities, which is for ratings; the cosine is shrunk, so that a few common users do not
    make a neighbour (as in Ferrari Dacrema et al. 2021), may favour popular items (asymmetric, Aiolli 2013), and may
    count users who know much for less.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    memory_for: ClassVar[str] = "the nearest items of each item"

    name: Literal["item_knn"] = "item_knn"

    neighbours: Annotated[PositiveInt, Tuned(10, 500, log=True)] = 50
    """How many items each item is compared with at the most."""

    shrinkage: Annotated[float, Field(ge=0), Tuned(1.0, 100.0, log=True)] = 10.0
    """Added to the denominator of the cosine: the larger, the less items with few interactions count."""

    item_power: Annotated[float, Field(ge=0, le=4), Tuned(0.0, 1.0)] = 0.5
    """Power of an item's popularity that its scores are divided by: less than 0.5 favours popular items."""

    user_power: Annotated[float, Field(ge=0, le=4), Tuned(0.0, 1.0)] = 0.0
    """Power of a user's activity that what the user knows in common is divided by; 0 counts all users alike."""

    def memory(self, size: Size) -> int:
        """See `block_memory.memory_of_nearest`."""
        from gnnrec_scorers.block_memory import memory_of_nearest

        return memory_of_nearest(size, self.neighbours)

    def fit(self, observed: Observed, generator: Generator) -> nn.Module:  # noqa: ARG002 - nothing is drawn
        """See `item_similarity.cosines`."""
        from gnnrec_scorers.item_similarity import ItemSimilarity, cosines, nearest

        similar = cosines(observed.edges, self.shrinkage, item_power=self.item_power, user_power=self.user_power)
        scored, known, values = nearest(similar, self.neighbours)
        return ItemSimilarity.of(known, scored, values, observed.edges.num_items)
