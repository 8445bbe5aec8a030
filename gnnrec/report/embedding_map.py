"""A map of items: their embeddings seen from the side on which they differ most."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from gnnrec.report.items import ItemWords

if TYPE_CHECKING:
    from torch import Tensor

    from gnnrec.report.subject import Subject

MAPPED = 3000
"""How many items are drawn: the most popular ones."""

GENRES = 6
"""How many genres get a colour of their own."""

OTHER = "other"
UNKNOWN = "items"


@dataclass(frozen=True)
class EmbeddingMap:
    """Items on a plane, most popular first.

    Attributes:
        x: First principal component of each item's embedding.
        y: Second.
        titles: Of each item.
        groups: The first genre of each, or `other`; `items` where genres are not known.
        explained: Share of the embeddings' variance that the plane holds.
        of: How many items there are in all.
    """

    x: list[float]
    y: list[float]
    titles: list[str]
    groups: list[str]
    explained: float
    of: int


def embedding_map(subject: Subject) -> EmbeddingMap | None:
    """The map of the most popular items; None where the scoring has no item embeddings, or fewer than two channels."""
    embeddings = getattr(subject.scoring, "item", None)
    if not isinstance(embeddings, torch.Tensor) or min(embeddings.shape) < 2:  # noqa: PLR2004 - a plane
        return None
    train = subject.split.edges("train")
    popularity = np.bincount(train.items, minlength=train.num_items)
    nodes = np.argsort(-popularity, kind="stable")[:MAPPED]
    plane, explained = principal_plane(embeddings.detach().cpu()[torch.from_numpy(nodes)])
    words = ItemWords(subject.split.interactions.items)
    first = [next(iter(words.genres(node)), "") for node in nodes.tolist()]
    return EmbeddingMap(
        x=plane[:, 0].tolist(),
        y=plane[:, 1].tolist(),
        titles=words.titles(nodes.tolist()),
        groups=_groups(first),
        explained=explained,
        of=train.num_items,
    )


def principal_plane(embeddings: Tensor) -> tuple[Tensor, float]:
    """Coordinates of rows [N, D] on their first two principal components [N, 2], and the share of variance there.

    Each component points so that its greatest weight is positive: the same embeddings give the same picture.

    >>> plane, explained = principal_plane(torch.tensor([[3.0, 0.0, 0.0], [-3.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
    >>> plane[:, 0].round().tolist(), round(explained, 4)
    ([3.0, -3.0, 0.0], 1.0)
    """
    centred = embeddings.double() - embeddings.double().mean(dim=0)
    variances, directions = torch.linalg.eigh(centred.T @ centred)  # ascending
    leading = directions[:, [-1, -2]]  # [D, 2]
    greatest = leading.gather(0, leading.abs().argmax(dim=0, keepdim=True))
    explained = variances[-2:].sum() / variances.sum().clamp(min=torch.finfo(torch.float64).tiny)
    return (centred @ (leading * greatest.sign())).float(), float(explained)


def _groups(first: list[str]) -> list[str]:
    """First genres, the rare ones joined."""
    if not any(first):
        return [UNKNOWN] * len(first)
    common = {genre for genre, _ in Counter(filter(None, first)).most_common(GENRES)}
    return [genre if genre in common else OTHER for genre in first]
