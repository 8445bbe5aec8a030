"""Training on MovieLens in turns: after each epoch of gnnrec's run a peer does one of its own, on the same data."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

import gnnrec
from benchmarks.harness import seconds_of
from gnnrec import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from torch import Tensor

    from gnnrec.contract.training import EpochRecord, RunStart


@dataclass
class Turns:
    """What both did.

    Attributes:
        peer_epoch: An epoch of the peer, which gives what it comes to.
        peer_seconds: Of each.
        peer_values: What each came to.
        history: gnnrec's, a row an epoch.
    """

    peer_epoch: Callable[[], float]
    peer_seconds: list[float] = field(default_factory=list)
    peer_values: list[float] = field(default_factory=list)
    history: pd.DataFrame = field(init=False)

    @property
    def seconds(self) -> list[float]:
        """gnnrec's, of each epoch."""
        return [float(each) for each in self.history["seconds"]]

    @hookimpl
    def gnnrec_epoch_ended(self, run: RunStart, epoch: EpochRecord) -> None:  # noqa: ARG002 - the hook's signature
        """The peer's turn."""
        self.peer_seconds.append(seconds_of(lambda: self.peer_values.append(self.peer_epoch()))())


def epochs_in_turns(recipe: gnnrec.Recipe, peer_epoch: Callable[[], float]) -> Turns:
    """Run a recipe, with an epoch of a peer after each of its own."""
    turns = Turns(peer_epoch)
    with tempfile.TemporaryDirectory() as out:
        turns.history = gnnrec.run(recipe, out=out, observers=[turns]).history
    return turns


def interactions_of(recipe: gnnrec.Recipe) -> tuple[Tensor, Tensor, int]:
    """What peers are given: users and movies int64 [2, E], genres float32 [I, G], and how many users there are."""
    interactions = recipe.dataset.load()
    edges: Any = interactions.edges
    encoding = recipe.features.item[0].fit(interactions.items, gnnrec.Observed(edges))
    genres = torch.from_numpy(encoding.encode(interactions.items).values)
    return torch.stack([torch.from_numpy(edges.users), torch.from_numpy(edges.items)]), genres, edges.num_users
