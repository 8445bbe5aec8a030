"""An epoch of GraphSAGE in mini-batches of 128 with neighbourhoods of [20, 10], against torch_geometric's tutorial.

That needs pyg-lib or torch-sparse: torch_geometric has no sampler of its own. Where neither is installed, the peer does
what is left to do without: each mini-batch propagates over the whole graph. Both validate after each epoch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import gnnrec
from benchmarks.harness import OURS, Measurement
from benchmarks.movielens import epochs_in_turns, interactions_of
from benchmarks.peers.pyg_minibatch import BATCH, FAN_OUT, SAMPLES, PygMinibatch

if TYPE_CHECKING:
    from collections.abc import Iterator

EPOCHS, QUICK_EPOCHS = 5, 1

PEER = "LinkNeighborLoader" if SAMPLES else "torch_geometric, whole graph"

CANNOT = "the tutorial's LinkNeighborLoader cannot run: neither pyg-lib nor torch-sparse is installed"


def measure(quick: bool) -> Iterator[Measurement]:
    """The time of an epoch, and the validation AUC after the last."""
    epochs = QUICK_EPOCHS if quick else EPOCHS
    recipe = gnnrec.load_recipe(
        "movielens_sage_minibatch",
        {"trainer.epochs": epochs, "trainer.batch_size": BATCH, "trainer.fan_out": FAN_OUT},
    )
    turns = epochs_in_turns(recipe, PygMinibatch(*interactions_of(recipe), seed=recipe.split.seed).epoch)
    seconds = {OURS: turns.seconds, PEER: turns.peer_seconds}
    yield Measurement.of("an epoch", "s", seconds, note="" if SAMPLES else CANNOT)
    aucs = {OURS: [float(turns.history["val_auc"].iloc[-1])], PEER: turns.peer_values[-1:]}
    yield Measurement.of(f"validation AUC after epoch {epochs}", "AUC", aucs)
