"""A data set, and a split of one, in a few figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gnnrec.data.parts import HELD_OUT, OF_DATA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gnnrec.data.edges import Edges, IdArray
    from gnnrec.data.interactions import Interactions
    from gnnrec.data.split import Split

HEAD = 0.2
"""The share of items that counts as the head of the popularity curve."""

COLD = "cold_"
"""Begins the name of a count of users or items without a training interaction."""

DAY = 86_400
"""Seconds."""


def describe_interactions(interactions: Interactions) -> dict[str, str | int | float]:
    """Size, density, interactions per user and item, how much the most popular fifth of items takes, and times."""
    edges = interactions.edges
    facts: dict[str, str | int | float] = {
        "source": interactions.source,
        "users": edges.num_users,
        "items": edges.num_items,
        "interactions": len(edges),
        "density": round(len(edges) / (edges.num_users * edges.num_items), 6),
    }
    per_node = degrees(edges)
    for name, counts in per_node.items():
        facts |= _distribution(f"interactions per {name}", counts)
        facts[f"share of {name}s with one interaction"] = round(float((counts == 1).mean()), 4)
    per_item = np.sort(per_node["item"])[::-1]
    head = per_item[: max(1, int(HEAD * edges.num_items))].sum()
    facts[f"share of interactions with the most popular {HEAD:.0%} of items"] = round(float(head / len(edges)), 4)
    if edges.time is not None:
        facts |= _times(edges.time)
    if interactions.parts is not None:
        for part, count in zip(OF_DATA, np.bincount(interactions.parts, minlength=len(OF_DATA)), strict=True):
            facts[f"interactions in {part}"] = int(count)
    facts["known of users"] = ", ".join(map(str, interactions.users.columns))
    facts["known of items"] = ", ".join(map(str, interactions.items.columns))
    for relation in interactions.relations:
        facts[f"relation {relation.key}"] = len(relation)
    for name, behaviour in interactions.behaviours.items():
        facts[f"behaviour {name}"] = len(behaviour)
    facts |= {f"fingerprint of {name}": digest for name, digest in interactions.fingerprint.items()}
    return facts


def degrees(edges: Edges) -> dict[str, IdArray]:
    """How many interactions each user and each item has: int64 [U] and [I]."""
    return {
        "user": np.bincount(edges.users, minlength=edges.num_users),
        "item": np.bincount(edges.items, minlength=edges.num_items),
    }


def _distribution(name: str, counts: IdArray) -> dict[str, int | float]:
    lower, median, upper = (float(each) for each in np.quantile(counts, [0.25, 0.5, 0.75]))
    return {
        f"{name}, min": int(counts.min()),
        f"{name}, lower quartile": lower,
        f"{name}, median": median,
        f"{name}, upper quartile": upper,
        f"{name}, max": int(counts.max()),
    }


def _times(time: IdArray) -> dict[str, str | int]:
    """The first, the last, and whether they say when: dates alone, or a moment of import, say little."""
    in_order = np.sort(time)
    begins = np.flatnonzero(np.diff(in_order, prepend=in_order[0] - 1))
    return {
        "first interaction": str(np.datetime64(int(in_order[0]), "s")),
        "last interaction": str(np.datetime64(int(in_order[-1]), "s")),
        "distinct days": len(np.unique(in_order[begins] // DAY)),
        "distinct times": len(begins),
        "interactions at the most frequent time": int(np.diff(begins, append=len(time)).max()),
    }


def count_split(split: Split) -> dict[str, int]:
    """How many there are: nodes, interactions, edges by what a run does with them, and what training knows nothing of.

    `cold_users_test` are the users with test interactions and without a training one; likewise of items, and of val.
    """
    edges = split.interactions.edges
    counts = {
        "users": edges.num_users,
        "items": edges.num_items,
        "interactions": len(edges),
        "message_edges": len(split.message_edges),
        "supervision_edges": len(split.supervision_edges),
        "val": len(split.edges("val")),
        "test": len(split.edges("test")),
    }
    shown = len(split.edges("shown"))
    return counts | ({"shown": shown} if shown else {}) | _count_cold(split)


def doubts(split: Split) -> list[str]:
    """Why test figures over a split would mean little, a sentence each; what a split makes new on purpose is none."""
    told, known = [], degrees(split.edges("train"))
    for kind, asked in degrees(split.edges("test")).items():
        if kind not in split.absent and not ((asked > 0) & (known[kind] > 0)).any():
            told.append(
                f"none of the {int((asked > 0).sum()):,} {kind}s with test interactions has a training one, so nothing "
                "is measured of what was learned; take data with more of each, a filter (min_interactions, k_core) or "
                "another split"
            )
    return told


def _count_cold(split: Split) -> dict[str, int]:
    known = degrees(split.edges("train"))
    counts = {}
    for part in HELD_OUT:
        for kind, asked in degrees(split.edges(part)).items():
            counts[f"{COLD}{kind}s_{part}"] = int(((asked > 0) & (known[kind] == 0)).sum())
    return counts


def told(counts: Mapping[str, int]) -> str:
    """What `count_split` gives, as one line.

    >>> told({"users": 2, "items": 3, "interactions": 4, "message_edges": 2, "val": 1, "test": 1})
    '2 users, 3 items, 4 interactions; 2 message edges, 1 val, 1 test'
    >>> told({"users": 2, "items": 3, "interactions": 4, "test": 1, "cold_users_test": 0, "cold_items_test": 1})
    '2 users, 3 items, 4 interactions; 1 test; unknown to training: 1 items of test'
    """
    words = [f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if not name.startswith(COLD)]
    cold = []
    for name, count in counts.items():
        if name.startswith(COLD) and count:
            kind, part = name.removeprefix(COLD).split("_")
            cold.append(f"{count:,} {kind} of {part}")
    unknown = f"; unknown to training: {', '.join(cold)}" if cold else ""
    return f"{', '.join(words[:3])}; {', '.join(words[3:])}{unknown}"
