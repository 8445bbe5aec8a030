"""Interactions in a graph: their edge types, all that encoders read which know of users and items alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnnrec.data.edges import EdgeType

USER_TO_ITEM = ("user", "interacts", "item")
ITEM_TO_USER = ("item", "rev_interacts", "user")

WEIGHED_IN_THE_GRAPH = dict.fromkeys(
    ("weights", "weight", "edge_weight", "rating"),
    "edges are weighed in the graph, and heeded here: graph.weights: given takes the data's weights, which are ratings "
    "where dataset.rating names their column",
)
"""What to do instead of keys that people look for in encoders that heed weights."""


def beside_interactions(edge_types: Sequence[EdgeType]) -> tuple[EdgeType, ...]:
    """The edge types that are no interactions."""
    return tuple(each for each in edge_types if each not in {USER_TO_ITEM, ITEM_TO_USER})
