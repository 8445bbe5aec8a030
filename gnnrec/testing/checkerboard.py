"""The checkerboard: a toy whose right recommendations are known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from gnnrec.data.edges import Edges
from gnnrec.data.interactions import Interactions
from gnnrec.data.split import Split
from gnnrec.graph.sparse import incidence

if TYPE_CHECKING:
    from torch import Tensor

    from gnnrec.data.observed import Observed

TITLES_FROM = 101
"""The original id of item 0; that of user 0 is 1."""


@dataclass(frozen=True)
class Checkerboard:
    """Users like the items of their own colour: user u and item i interact where u + i is even.

    Item u is held out for user u. It is the right one to recommend: of the items that user u does not know, it alone
    has their colour. No item is held out for two users, and popularity is no help.

    Attributes:
        num_users: U.
        num_items: I, at least U. With fewer than six users or items there is little to learn from.

    >>> board = Checkerboard(4, 6)
    >>> board.known.items[board.known.users == 1].tolist(), board.held_out.items.tolist()
    ([3, 5], [0, 1, 2, 3])
    """

    num_users: int = 12
    num_items: int = 16

    @cached_property
    def interactions(self) -> Interactions:
        """All interactions; items have titles and genres.

        Original ids are node ids + 1 for users and + 101 for items.
        """
        users, items = np.nonzero((np.arange(self.num_users)[:, None] + np.arange(self.num_items)) % 2 == 0)
        ids = np.arange(self.num_items) + TITLES_FROM
        genres = [["Comedy", "Drama"] if item % 2 else ["Horror"] for item in ids]
        return Interactions(
            Edges(users, items, self.num_users, self.num_items),
            {
                "user": pd.DataFrame({"user": np.arange(self.num_users) + 1}),
                "item": pd.DataFrame({"item": ids, "title": [f"Movie {item}" for item in ids], "genres": genres}),
            },
            source="checkerboard",
        )

    @cached_property
    def split(self) -> Split:
        """What is held out is `test`; the rest is `train`, propagated over and learned from. Nothing is `val`."""
        edges = self.interactions.edges
        test = edges.users == edges.items
        return Split(self.interactions, np.where(test, np.int8(2), np.int8(0)), ~test, ~test)

    @property
    def observed(self) -> Observed:
        """All that may be known in training."""
        return self.split.train

    @property
    def known(self) -> Edges:
        """What users are known to have interacted with."""
        return self.split.edges("train")

    @property
    def held_out(self) -> Edges:
        """Item u for user u: the right one to recommend."""
        return self.split.edges("test")

    @property
    def histories(self) -> Tensor:
        """What users know, as scorers take it: CSR float32 [U, I]."""
        shape = (self.num_users, self.num_items)
        return incidence(torch.from_numpy(self.known.users), torch.from_numpy(self.known.items), shape)

    def top(self, scores: Tensor) -> Tensor:
        """The best item of each user that the user does not know: scores [U, I] → int64 [U]."""
        known = self.histories.to_dense().to(scores.device) > 0
        return scores.masked_fill(known, -torch.inf).argmax(dim=1)

    def mistakes(self, scores: Tensor) -> list[int]:
        """The users whose best unknown item is not the one that was held out: scores [U, I]."""
        top = self.top(scores)
        return (top != torch.arange(self.num_users, device=top.device)).nonzero().flatten().tolist()


def checkerboard() -> Interactions:
    """All interactions of twelve users and sixteen items, 96 pairs."""
    return Checkerboard().interactions
