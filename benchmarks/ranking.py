"""Ranking all Gowalla users over all items, against the bare matrix products and top-k that it cannot do without.

    python -m benchmarks.ranking [--rounds 3] [--channels 64] [--json]

Needs Gowalla as LightGCN split it (`gowalla/train.txt` and `test.txt`, a line per user) below $GNNREC_DATA. Both take
turns over the same random embeddings; gnnrec masks seen items, settles ties and tells which items are relevant.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch

from gnnrec.data.edges import Edges
from gnnrec.data.size import BLOCK_CELLS
from gnnrec.evaluation.ranking import RankingTask

K = 20


def read_edges(path: Path, num_users: int, num_items: int) -> Edges:
    """Edges from lines of `user item item …`."""
    rows = [np.array(line.split(), np.int64) for line in path.read_text().splitlines()]
    users = np.concatenate([np.full(len(row) - 1, row[0]) for row in rows])
    return Edges(users, np.concatenate([row[1:] for row in rows]), num_users, num_items)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    folder = Path(os.environ.get("GNNREC_DATA", ".")) / "gowalla"
    if not (folder / "train.txt").is_file():
        sys.exit(f"there is no {folder / 'train.txt'}; name its parent folder in $GNNREC_DATA")
    num_users, num_items = 29_858, 40_981
    train, test = (read_edges(folder / f"{part}.txt", num_users, num_items) for part in ("train", "test"))
    generator = torch.Generator().manual_seed(0)
    user = torch.randn(num_users, arguments.channels, generator=generator)
    item = torch.randn(num_items, arguments.channels, generator=generator)
    task = RankingTask(test, train)

    def bare() -> None:
        for users in torch.split(torch.arange(num_users), BLOCK_CELLS // num_items):
            (user[users] @ item.T).topk(K, dim=1)

    def ours() -> None:
        task.rank(lambda users: user[users] @ item.T, K)

    seconds: dict[str, list[float]] = {"gnnrec": [], "bare": []}
    for _ in range(arguments.rounds):
        for name, run in (("bare", bare), ("gnnrec", ours)):
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    result = {
        "users": num_users,
        "items": num_items,
        "gnnrec_seconds": round(medians["gnnrec"], 2),
        "bare_seconds": round(medians["bare"], 2),
        "ratio": round(medians["gnnrec"] / medians["bare"], 2),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    if arguments.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:16} {value}")


if __name__ == "__main__":
    main()
