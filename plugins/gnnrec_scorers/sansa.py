"""SANSA."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from gnnrec import Scorer, Tuned

if TYPE_CHECKING:
    from torch import Generator, nn

    from gnnrec import Observed
    from gnnrec.data.size import Size


class SANSA(Scorer):
    """A sparse EASE for many items, after SANSA (Spišák et al. 2023): each item is regressed on a few others only.

    Departure: the paper factorises XᵀX + l2 · 1 incompletely, inverts the factor approximately and keeps both sparse;
    here column i of B is exact on the `neighbours` items that would each explain i best alone, and zero elsewhere (a
    sparse approximate inverse by columns, Grote and Huckle 1997). So there is no order of items, and no fill to bound.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    memory_for: ClassVar[str] = "the items that each item is regressed on"

    name: Literal["sansa"] = "sansa"

    l2: Annotated[PositiveFloat, Tuned(20.0, 500.0, log=True)] = 100.0
    """Weight of the squared entries of B, as EASE's; where few items regress another, less is enough."""

    neighbours: Annotated[PositiveInt, Field(le=2000)] = 100
    """How many items each item is regressed on at the most; time goes by its square, and more."""

    def memory(self, size: Size) -> int:
        """See `block_memory.memory_of_nearest`."""
        from gnnrec_scorers.block_memory import memory_of_nearest

        return memory_of_nearest(size, self.neighbours)

    def fit(self, observed: Observed, generator: Generator) -> nn.Module:  # noqa: ARG002 - nothing is drawn
        """See `sparse_autoencoder.sparse_item_weights`.

        Raises:
            UsageError: `l2` is too small.
        """
        from numpy.linalg import LinAlgError

        from gnnrec import UsageError
        from gnnrec_scorers.item_similarity import ItemSimilarity
        from gnnrec_scorers.sparse_autoencoder import sparse_item_weights

        try:
            known, scored, values = sparse_item_weights(observed.edges, self.l2, self.neighbours)
        except LinAlgError as error:
            raise UsageError(f"sansa cannot be solved with l2 = {self.l2:g}; raise scorer.l2") from error
        return ItemSimilarity.of(known, scored, values, observed.edges.num_items)
