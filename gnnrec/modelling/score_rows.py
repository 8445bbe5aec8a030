"""One pass over users: all items are scored for each once, and whoever wants something of the scores reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from gnnrec.data.edges import Edges
from gnnrec.data.size import RANKED_CELLS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor


class Reader(Protocol):
    """Reads scores as they pass by."""

    @property
    def users(self) -> Tensor:
        """Whose rows it wants: int64 [Q], ascending."""

    def read(self, users: Tensor, scores: Tensor) -> None:
        """Read a block.

        Args:
            users: int64 [B], some of those that it wants.
            scores: float [B, I]. What it masks in them stays masked for the readers after it.
        """


def read_rows(score: Callable[[Tensor], Tensor], num_items: int, readers: Sequence[Reader]) -> None:
    """Have every reader read the rows that it wants, in blocks, so memory is bounded; each row is scored once.

    Args:
        score: Gives float [B, I], in fresh memory, for int64 [B] users.
        num_items: I.
        readers: They read a block one after the other, in this order. Users that the same readers want come together.
    """
    if not readers:
        return
    everybody, size = torch.unique(torch.cat([each.users for each in readers])), max(1, RANKED_CELLS // num_items)
    asks = torch.zeros(len(everybody), dtype=torch.int64)  # a bit for each reader
    for bit, each in enumerate(readers):
        asks[torch.searchsorted(everybody, each.users)] |= 1 << bit
    for group in torch.unique(asks).tolist():
        asking = [each for bit, each in enumerate(readers) if group >> bit & 1]
        for users in everybody[asks == group].split(size):
            scores = score(users)
            for each in asking:
                each.read(users, scores)


class PairScores:
    """Reads the scores of pairs off the rows of their users.

    Args:
        edge_label_index: int64 [2, P], users first.
        num_items: I.

    Attributes:
        users: int64 [Q], those of the pairs.
        scores: float32 [P], complete once all of these are read.
    """

    def __init__(self, edge_label_index: Tensor, num_items: int) -> None:
        users, items = edge_label_index.cpu().numpy()
        self._pairs = Edges(users, items, int(users.max(initial=-1)) + 1, num_items)
        self.users = torch.from_numpy(np.flatnonzero(np.bincount(users)))
        self.scores = torch.empty(len(users))

    def read(self, users: Tensor, scores: Tensor) -> None:
        """Read those of the pairs of some users."""
        rows, places = self._pairs.places_of(users.numpy())
        at = (torch.from_numpy(each).to(scores.device) for each in (rows, self._pairs.items[places]))
        self.scores[torch.from_numpy(places)] = scores[*at].cpu()
