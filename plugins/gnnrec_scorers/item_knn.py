"""Item-based nearest neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, PositiveInt

from gnnrec import Scorer

if TYPE_CHECKING:
    from torch import Generator, nn

    from gnnrec import Observed
    from gnnrec.data.size import Size


class ItemKNN(Scorer):
    """Item-based nearest neighbours by cosine (Sarwar et al. 2001): the similarities to what the user knows, summed.

    An item i is compared with its `neighbours` nearest items j, by c_ij / (sqrt(n_i · n_j) + shrinkage). Departures:
    the sum is not divided by the sum of similarities, which is for ratings; the cosine is shrunk, so that a few common
    users do not make a neighbour (as in Ferrari Dacrema et al. 2021).
    """

    uses: ClassVar[tuple[str, ...]] = ()

    memory_for: ClassVar[str] = "the nearest items of each item"

    name: Literal["item_knn"] = "item_knn"

    neighbours: PositiveInt = 50
    """How many items each item is compared with at the most."""

    shrinkage: Annotated[float, Field(ge=0)] = 10.0
    """Added to the denominator of the cosine: the larger, the less items with few interactions count."""

    def memory(self, size: Size) -> int:
        """See `block_memory.memory_of_nearest`."""
        from gnnrec_scorers.block_memory import memory_of_nearest

        return memory_of_nearest(size, self.neighbours)

    def fit(self, observed: Observed, generator: Generator) -> nn.Module:  # noqa: ARG002 - nothing is drawn
        """See `item_similarity.cosines`."""
        from gnnrec_scorers.item_similarity import ItemSimilarity, cosines, nearest

        scored, known, values = nearest(cosines(observed.edges, self.shrinkage), self.neighbours)
        return ItemSimilarity.of(known, scored, values, observed.edges.num_items)
