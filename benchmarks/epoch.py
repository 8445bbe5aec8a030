"""One epoch (train and validate) of movielens_sage, against the same model in plain torch_geometric.

    python -m benchmarks.epoch [--epochs 100] [--json]

After each epoch of gnnrec the peer does one of its own, so both see the same machine at the same time. Each has a
split and negatives of its own making, so their losses agree to within what seeds do, not to the last digit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from typing import TYPE_CHECKING

import gnnrec
from benchmarks.peers.pyg_sage import PygSage
from gnnrec import hookimpl

if TYPE_CHECKING:
    from gnnrec.contract.training import EpochRecord, RunStart

WARM_UP = 5
"""Epochs of each that are not counted."""


class Peer:
    """Runs the peer's epoch after each of gnnrec's.

    Args:
        recipe: The recipe whose data the peer trains on too.
    """

    def __init__(self, recipe: gnnrec.Recipe) -> None:
        interactions = recipe.dataset.load()
        encoding = recipe.features.item[0].fit(interactions.items, gnnrec.Observed(interactions.edges))
        genres = encoding.encode(interactions.items)
        self.program = PygSage(interactions, genres, seed=recipe.split.seed)
        self.seconds: list[float] = []
        self.losses: list[float] = []

    @hookimpl
    def gnnrec_epoch_ended(self, run: RunStart, epoch: EpochRecord) -> None:  # noqa: ARG002 - the hook's signature
        """Take a turn."""
        started = time.perf_counter()
        self.losses.append(self.program.epoch())
        self.seconds.append(time.perf_counter() - started)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    recipe = gnnrec.load_recipe("movielens_sage", {"trainer.epochs": arguments.epochs})
    peer = Peer(recipe)
    with tempfile.TemporaryDirectory() as out:
        history = gnnrec.run(recipe, out=out, observers=[peer]).history
    ours = statistics.median(history["seconds"][WARM_UP:])
    theirs = statistics.median(peer.seconds[WARM_UP:])
    result = {
        "epochs": arguments.epochs,
        "gnnrec": {"median_ms": round(ours * 1e3, 2), "best_val_loss": round(float(history["val_loss"].min()), 4)},
        "torch_geometric": {"median_ms": round(theirs * 1e3, 2), "best_val_loss": round(min(peer.losses), 4)},
        "ratio": round(theirs / ours, 2),
    }
    if arguments.json:
        print(json.dumps(result))
        return
    for name in ("gnnrec", "torch_geometric"):
        print(f"{name:16} {result[name]['median_ms']:8.1f} ms an epoch, best val loss {result[name]['best_val_loss']}")
    print(f"{'ratio':16} {result['ratio']:8.2f}")


if __name__ == "__main__":
    main()
