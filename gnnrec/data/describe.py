"""A data set, and a split of one, in a few figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gnnrec.data.interactions import Interactions
    from gnnrec.data.split import Split

HEAD = 0.2
"""The share of items that counts as the head of the popularity curve."""


def describe_interactions(interactions: Interactions) -> dict[str, str | int | float]:
    """Size, density, interactions per user and item, and how much the most popular fifth of items takes."""
    edges = interactions.edges
    per_user = np.bincount(edges.users, minlength=edges.num_users)
    per_item = np.sort(np.bincount(edges.items, minlength=edges.num_items))[::-1]
    head = per_item[: max(1, int(HEAD * edges.num_items))].sum()
    facts: dict[str, str | int | float] = {
        "source": interactions.source,
        "users": edges.num_users,
        "items": edges.num_items,
        "interactions": len(edges),
        "density": round(len(edges) / (edges.num_users * edges.num_items), 6),
    }
    for name, counts in (("user", per_user), ("item", per_item)):
        facts[f"interactions per {name}, min"] = int(counts.min())
        facts[f"interactions per {name}, median"] = float(np.median(counts))
        facts[f"interactions per {name}, max"] = int(counts.max())
    facts[f"share of interactions with the most popular {HEAD:.0%} of items"] = round(float(head / len(edges)), 4)
    if interactions.timestamps is not None:
        first, last = interactions.timestamps.min(), interactions.timestamps.max()
        facts["first interaction"] = str(np.datetime64(int(first), "s"))
        facts["last interaction"] = str(np.datetime64(int(last), "s"))
    facts["known of users"] = ", ".join(map(str, interactions.users.columns))
    facts["known of items"] = ", ".join(map(str, interactions.items.columns))
    facts["fingerprint"] = interactions.fingerprint
    return facts


def count_split(split: Split) -> dict[str, int]:
    """How many there are: nodes, interactions, and edges by what a run does with them."""
    edges = split.interactions.edges
    return {
        "users": edges.num_users,
        "items": edges.num_items,
        "interactions": len(edges),
        "message_edges": len(split.message_edges),
        "supervision_edges": len(split.supervision_edges),
        "val": len(split.edges("val")),
        "test": len(split.edges("test")),
    }
