"""What a few users get: some of what they know, what is recommended to them, and what of it the test part holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from gnnrec.evaluation.ranking import top_items
from gnnrec.report.items import ItemWords

if TYPE_CHECKING:
    from gnnrec.data.edges import IdArray
    from gnnrec.report.subject import Subject

KINDS = {"A light user": 0.1, "A median user": 0.5, "A heavy user": 0.9}
"""Who is shown: their place among the users with test interactions, ordered by training interactions."""

LISTED = 10
"""How many items are recommended to each."""

KNOWN = 8
"""How many items of a user's history are shown."""


@dataclass(frozen=True)
class Recommendation:
    """One recommended item; `hit` where it is among the user's test interactions."""

    title: str
    genres: str
    score: float
    hit: bool


@dataclass(frozen=True)
class ExampleUser:
    """A user: original id, interactions in train and in test, the best known of their history, and what they get."""

    kind: str
    user: Any
    training: int
    test: int
    known: list[str]
    recommended: list[Recommendation]


def example_users(subject: Subject) -> list[ExampleUser]:
    """A light, a median and a heavy user: the same ones for every run over the split; fewer where there are fewer."""
    split = subject.split
    train, test, seen = split.edges("train"), split.edges("test"), split.known("test")
    counts = np.bincount(train.users, minlength=train.num_users)
    popularity = np.bincount(train.items, minlength=train.num_items)
    words = ItemWords(split.interactions.items)
    users = np.flatnonzero(np.bincount(test.users))
    ordered = users[np.argsort(counts[users], kind="stable")]
    chosen: dict[int, str] = {}
    for kind, place in KINDS.items():
        chosen.setdefault(int(ordered[round(place * (len(ordered) - 1))]), kind)
    examples = []
    for user, kind in chosen.items():
        history, wanted, known = (edges.items_of(np.array([user]))[1] for edges in (train, test, seen))
        best_known = history[np.argsort(-popularity[history], kind="stable")][:KNOWN]
        examples.append(
            ExampleUser(
                kind=kind,
                user=split.interactions.users["user"].iloc[user],
                training=len(history),
                test=len(wanted),
                known=words.titles(best_known.tolist()),
                recommended=[
                    Recommendation(words.title(item), ", ".join(words.genres(item)), score, item in wanted)
                    for item, score in _ranked(subject, user, known)
                ],
            )
        )
    return examples


def _ranked(subject: Subject, user: int, seen: IdArray) -> list[tuple[int, float]]:
    """The best unseen items of a user, with their scores."""
    scores = subject.scoring.score(torch.tensor([user])).cpu()
    scores[0, torch.from_numpy(seen)] = -torch.inf
    values, items = (each[0].tolist() for each in top_items(scores, min(LISTED, scores.size(1))))
    return [(item, value) for item, value in zip(items, values, strict=True) if value > -np.inf]
