"""One epoch (train and validate) of movielens_sage, against the same model in plain torch_geometric.

After each epoch of gnnrec the peer does one of its own, so both see the same machine at the same time. Each has a
split and negatives of its own making, so their losses agree to within what seeds do, not to the last digit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import gnnrec
from benchmarks.harness import OURS, Measurement
from benchmarks.movielens import epochs_in_turns, interactions_of
from benchmarks.peers.pyg_sage import PygSage

if TYPE_CHECKING:
    from collections.abc import Iterator

EPOCHS, QUICK_EPOCHS = 100, 30

WARM_UP = 5
"""Epochs of each that are not counted."""

PEER = "torch_geometric"


def measure(quick: bool) -> Iterator[Measurement]:
    """The time of an epoch, and the best validation loss."""
    recipe = gnnrec.load_recipe("movielens_sage", {"trainer.epochs": QUICK_EPOCHS if quick else EPOCHS})
    turns = epochs_in_turns(recipe, PygSage(*interactions_of(recipe), seed=recipe.split.seed).epoch)
    seconds = {OURS: turns.seconds[WARM_UP:], PEER: turns.peer_seconds[WARM_UP:]}
    yield Measurement.of("an epoch", "ms", seconds, per=1e-3)
    losses = {OURS: [float(turns.history["val_loss"].min())], PEER: [min(turns.peer_values)]}
    yield Measurement.of("best validation loss", "loss", losses)
