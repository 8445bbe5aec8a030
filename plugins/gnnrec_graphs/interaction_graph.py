"""What graph builders over interactions may be told alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import PositiveFloat

from gnnrec import GraphBuilder

if TYPE_CHECKING:
    from gnnrec import Edges, Observed
    from gnnrec_graphs.weights import Weighting


class InteractionGraph(GraphBuilder):
    """A graph that has an edge per interaction."""

    uses: ClassVar[tuple[str, ...]] = ()

    instead: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("weight", "edge_weight", "rating"),
        "weights says what an interaction counts, and names no column: weights: given takes the data's, which are "
        "ratings where dataset.rating names their column",
    )

    reverse: bool = True
    """Add `(item, rev_interacts, user)`. Without it messages only flow from users to items, and users learn nothing
    from what they interacted with."""

    weights: Literal["none", "given", "log", "recency"] = "none"
    """What an interaction counts: as much as any other; its weight w (the rating); log(1 + w); or by how recent it is,
    half as much for every `half_life`. A node's degree is the sum of its weights."""

    half_life: PositiveFloat = 365.0
    """Of `weights: recency`, in days back from the latest edge of the graph."""

    @property
    def looks_at(self) -> tuple[str, ...]:
        """Of interactions: what is weighed by."""
        known: dict[str, tuple[str, ...]] = {"recency": ("time",), "given": ("weight",), "log": ("weight",)}
        return (*self.uses, *known.get(self.weights, ()))

    def weighting(self, observed: Observed, *beside: Edges) -> Weighting:
        """How edges are weighed.

        Args:
            observed: What is built of.
            beside: Further edges that are weighed.
        """
        from gnnrec_graphs.weights import Weighting

        times = [each.time.max() for each in (observed.edges, *beside) if each.time is not None and len(each)]
        return Weighting(self.name, self.weights, self.half_life, int(max(times)) if times else None)
