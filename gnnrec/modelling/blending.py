"""Scores of several recommenders joined into one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from typing_extensions import override

from gnnrec.contract.blending import Blending
from gnnrec.data.size import RANKED_CELLS
from gnnrec.modelling.fitting import Fitted, restore
from gnnrec.modelling.scoring import Scoring
from gnnrec.recipe.schema import parts_of, recommender_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from torch import Tensor, nn

    from gnnrec.data.edges import Edges
    from gnnrec.data.new_items import NewItems
    from gnnrec.data.split import Split
    from gnnrec.randomness import Streams
    from gnnrec.recipe.schema import Recipe

JOIN, PART = "join.", "part{}."
"""How the names of a blend's weights begin."""

ASKED = 2**12
"""Users of validation that a join learns from, at the most."""


class BlendedScoring(Scoring):
    """Recommenders over the same users and items, joined.

    Args:
        parts: The scoring of each.
        join: What `Blending.join` gave.

    Attributes:
        parts: As given.
    """

    by_history = "scored by each part, and joined"
    by_item = "similarities of the parts, joined"

    def __init__(self, parts: Sequence[Scoring], join: nn.Module) -> None:
        self.parts, self._join = tuple(parts), join
        self.num_items, self.device = parts[0].num_items, torch.device("cpu")

    @override
    def score(self, users: Tensor) -> Tensor:
        return self._joined([part.score(users) for part in self.parts])

    @override
    def score_histories(self, histories: Edges) -> Tensor:
        return self._joined([part.score_histories(histories) for part in self.parts])

    @override
    def score_grown(self, users: Tensor, histories: Edges) -> Tensor:
        return self._joined([part.score_grown(users, histories) for part in self.parts])

    @property
    @override
    def by_items_alone(self) -> bool:
        return all(part.by_items_alone for part in self.parts)

    @override
    def with_new_items(self, items: NewItems) -> Scoring:
        return BlendedScoring([part.with_new_items(items) for part in self.parts], self._join)

    @override
    def similarity(self, item: int) -> Tensor:
        return self._joined([part.similarity(item)[None] for part in self.parts])[0]

    def _joined(self, scores: Sequence[Tensor]) -> Tensor:
        with torch.no_grad():
            joined: Tensor = self._join(torch.stack([each.to(self.device, torch.float32) for each in scores]))
        return joined


class HeldOutScores:
    """What parts say of the users of validation: some of them, where they are many.

    Args:
        parts: The scoring of each in validation.
        split: Its `val` is held out.
    """

    def __init__(self, parts: Sequence[Scoring], split: Split) -> None:
        self.parts, self._held_out, self._seen = tuple(parts), split.edges("val"), split.known("validate")
        users = np.unique(self._held_out.users)
        evenly = np.linspace(0, len(users) - 1, min(len(users), ASKED)).astype(np.int64)
        self._users = torch.from_numpy(users[evenly])

    def blocks(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """See `gnnrec.contract.blending.HeldOut`."""
        num_items = self._held_out.num_items
        for users in torch.split(self._users, max(1, RANKED_CELLS // num_items // len(self.parts))):
            scores = torch.stack([part.score(users).cpu().float() for part in self.parts])
            yield scores, _marked(self._held_out, users, num_items), _marked(self._seen, users, num_items)


def _marked(edges: Edges, users: Tensor, num_items: int) -> Tensor:
    """Which items each of some users has: bool [B, I]."""
    rows, items = edges.items_of(users.numpy())
    marked = torch.zeros(len(users), num_items, dtype=torch.bool)
    marked[torch.from_numpy(rows), torch.from_numpy(items)] = True
    return marked


def blended(parts: Sequence[Fitted], join: nn.Module) -> Fitted:
    """Fitted recommenders and what joins them, as one."""
    weights = {f"{JOIN}{name}": value for name, value in join.state_dict().items()}
    for index, part in enumerate(parts):
        weights |= {f"{PART.format(index)}{name}": value for name, value in part.weights.items()}
    return Fitted(
        lambda phase: BlendedScoring([part.scoring(phase) for part in parts], join),
        weights,
        None,
        ", ".join(dict.fromkeys(part.device for part in parts)),
        {PART.format(index): part.features for index, part in enumerate(parts)},
    )


def restored(
    recipe: Recipe, split: Split, streams: Streams, weights: Mapping[str, Tensor], states: Mapping[str, Any] | None
) -> Scoring:
    """The scoring of the test phase of whatever a recipe fits, from what was saved; see `fitting.restore`."""
    if not isinstance(recipe.scorer, Blending):
        return restore(recommender_of(recipe), dict(recipe.features), split, streams, weights, states)
    parts = []
    for index, part in enumerate(parts_of(recipe)):
        learned = (states or {}).get(PART.format(index), {})
        own = _without(PART.format(index), weights)
        parts.append(restore(recommender_of(part), dict(part.features), split, streams, own, learned))
    return BlendedScoring(parts, recipe.scorer.restore(of_join(weights)))


def of_join(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Of a blend's weights those of its join."""
    return _without(JOIN, weights)


def _without(prefix: str, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
