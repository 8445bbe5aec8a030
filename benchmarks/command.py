"""Whole commands, from their start to their end, against whole programs that do the same with the usual libraries.

`gnnrec run movielens_sage` loads, checks for leaks, trains, tests (full ranking too), and writes a run directory with
its report; the peer loads, trains as many epochs and prints the test AUC. `gnnrec run baselines/popularity` stands
beside what every such command cannot do without, `import torch`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.data import data_file
from benchmarks.harness import OURS, Measurement, seconds_of, take_turns
from benchmarks.processes import PROGRAM, output_of

if TYPE_CHECKING:
    from collections.abc import Iterator

EPOCHS, ROUNDS, QUICK_ROUNDS = 100, 5, 1


def measure(quick: bool) -> Iterator[Measurement]:
    """The seconds of both, and the test AUC that both come to."""
    archive, rounds = str(data_file("ml-latest-small.zip")), QUICK_ROUNDS if quick else ROUNDS
    aucs: dict[str, list[float]] = {OURS: [], "torch_geometric": []}
    with tempfile.TemporaryDirectory() as out:

        def gnnrec(recipe: str, *options: str) -> None:
            environment = {"XDG_CACHE_HOME": f"{out}/cache"}
            output_of([PROGRAM, "run", recipe, *options, "--out", f"{out}/runs"], environment)

        def ours() -> None:
            gnnrec("movielens_sage", "-s", f"trainer.epochs={EPOCHS}")
            latest = max(Path(out, "runs").rglob("metrics.json"), key=lambda path: path.stat().st_mtime_ns)
            aucs[OURS].append(json.loads(latest.read_text())["test"]["auc"])

        def theirs() -> None:
            command = [sys.executable, "-m", "benchmarks.peers.pyg_sage", archive, "--epochs", str(EPOCHS)]
            aucs["torch_geometric"].append(float(output_of(command)))

        seconds = take_turns({OURS: seconds_of(ours), "torch_geometric": seconds_of(theirs)}, rounds, warm_up=0)
        yield Measurement.of(f"run movielens_sage, {EPOCHS} epochs", "s", seconds)
        yield Measurement.of("its test AUC", "AUC", aucs)
        rivals = {
            OURS: seconds_of(partial(gnnrec, "baselines/popularity")),
            "import torch": seconds_of(partial(output_of, [sys.executable, "-c", "import torch"])),
        }
        yield Measurement.of("run baselines/popularity", "s", take_turns(rivals, rounds))
