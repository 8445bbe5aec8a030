"""What a split says of the same recommenders: random, by time and by each user's last; without and with a refit.

    python -m benchmarks.splits [--out runs] [--splits 10] [--windows 3]

Prints a table in Markdown for each kind of split, as docs/evaluation.md shows them. Runs that are there already are
taken as they are; a refit goes through the epochs of the run that it belongs to.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gnnrec
from gnnrec.comparison.leaderboard import Entry, rank
from gnnrec.comparison.leaderboard_text import to_markdown
from gnnrec.pipeline import refit
from gnnrec.runs.listing import list_runs
from gnnrec.runs.record import read_finished_run

if TYPE_CHECKING:
    from gnnrec.comparison.leaderboard import Comparison
    from gnnrec.runs.record import RunRecord

RECIPES = ("baselines/ease", "baselines/popularity", "movielens_lightgcn", "movielens_sage_ranking")

METRIC = "ndcg@10"


def main() -> None:
    """Run what is missing, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--splits", type=int, default=10, help="random ones")
    parser.add_argument("--windows", type=int, default=3, help="rolling ones of the split by time")
    arguments = parser.parse_args()
    kinds: dict[str, dict[str, Any]] = {
        "leave last": {"overrides": {"split.name": "leave_last"}},
        f"by time, {arguments.windows} windows": {"windows": arguments.windows},
        f"random, {arguments.splits} splits": {"splits": arguments.splits},
    }
    for kind, asked in kinds.items():
        plain = gnnrec.compare(RECIPES, out=arguments.out, metric=METRIC, **asked)
        for name, board in (("", plain), (", refitted", refitted(plain, arguments.out / "refits"))):
            print(f"\n## {kind}{name}\n\n{to_markdown(board)}", flush=True)


def refitted(board: Comparison, root: Path) -> Comparison:
    """The same runs, fitted anew on train and val."""
    done: dict[str, RunRecord] = {}
    if root.is_dir():
        done = {run.metrics["parent"]["directory"]: run for run in list_runs(root) if run.finished}

    def of(run: RunRecord) -> RunRecord:
        found = done.get(str(run.directory))
        return found or read_finished_run(refit(run.directory, "train+val", out=root).directory)

    entries = [
        Entry(row.entry.label, row.entry.target, tuple((of(run),) for run in row.entry.runs))  # one on each split
        for row in board.rows
    ]
    return rank(entries, board.metric, board.split_fingerprints, board.called)


if __name__ == "__main__":
    main()
