"""Random walks of three steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, PositiveInt

from gnnrec import Scorer, Tuned

if TYPE_CHECKING:
    from torch import Generator, nn

    from gnnrec import Observed
    from gnnrec.data.size import Size


class RP3Beta(Scorer):
    """RP3beta (Paudel et al. 2017): the probability of a random walk user → item → user → item, less for popular ends.

    Each step's probability is raised to `alpha`, and the whole is divided by the last item's degree to the `beta`.
    Departures: the first step's probability is left out, which is the same for all of a user's scores; the walk is
    computed, not sampled, and each item leads to its `neighbours` best items only.
    """

    uses: ClassVar[tuple[str, ...]] = ()

    memory_for: ClassVar[str] = "the nearest items of each item"

    name: Literal["rp3beta"] = "rp3beta"

    alpha: Annotated[float, Field(ge=0, le=4), Tuned(0.2, 2.0)] = 0.7
    """Power of a step's probability, 1 / degree: the larger, the less well-connected nodes are walked through."""

    beta: Annotated[float, Field(ge=0, le=4), Tuned(0.0, 1.0)] = 0.4
    """Power of an item's popularity that its score is divided by; 0 is P3alpha (Cooper et al. 2014)."""

    neighbours: Annotated[PositiveInt, Tuned(20, 500, log=True)] = 100
    """How many items each item leads to at the most."""

    def memory(self, size: Size) -> int:
        """See `block_memory.memory_of_nearest`."""
        from gnnrec_scorers.block_memory import memory_of_nearest

        return memory_of_nearest(size, self.neighbours)

    def fit(self, observed: Observed, generator: Generator) -> nn.Module:  # noqa: ARG002 - nothing is drawn
        """See `item_similarity.walks`."""
        from gnnrec_scorers.item_similarity import ItemSimilarity, nearest, walks

        known, scored, values = nearest(walks(observed.edges, self.alpha, self.beta), self.neighbours)
        return ItemSimilarity.of(known, scored, values, observed.edges.num_items)
