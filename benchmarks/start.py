"""How long commands take that train nothing, against `python -c "import pydantic"`, in turns.

    python -m benchmarks.start [--times 15] [--json]

Each command runs as a process of its own, once before it counts. The cache is one of the benchmark's own, empty at
first; `cold` runs `list` with an empty one each time. Bytecode is written, as it is where gnnrec is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAM = str(Path(sys.executable).with_name("gnnrec"))

PEER = "import pydantic"
COMPLETION = "complete het"

BARS = {"--help": 2.2, "--version": 2.2, "list": 4.5, "show": 4.5, "validate": 4.5, COMPLETION: 4.5, "cold": 8.0}
"""The ratios that are not to be passed."""

COMMANDS = {
    PEER: [sys.executable, "-c", "import pydantic"],
    "--help": [PROGRAM, "--help"],
    "--version": [PROGRAM, "--version"],
    "list": [PROGRAM, "list"],
    "show": [PROGRAM, "show", "encoder", "hetero_sage"],
    "validate": [PROGRAM, "validate", "recipes/movielens_sage.yaml"],
    COMPLETION: [PROGRAM],
    "cold": [PROGRAM, "list"],
}

ASKED = {"_GNNREC_COMPLETE": "complete_bash", "COMP_WORDS": "gnnrec\nshow\nencoder\nhet", "COMP_CWORD": "3"}
"""What bash sets at `gnnrec show encoder het<TAB>`."""


def seconds(name: str, cache: str) -> float:
    """Run a command; the time it takes.

    Raises:
        CalledProcessError: It fails.
    """
    environment = {**os.environ, "XDG_CACHE_HOME": cache, **(ASKED if name == COMPLETION else {})}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.perf_counter()
    subprocess.run(COMMANDS[name], env=environment, cwd=ROOT, check=True, capture_output=True)  # noqa: S603 - our own
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    measured: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as cache:
        for turn in range(arguments.times + 1):
            for name, found in measured.items():
                with tempfile.TemporaryDirectory() as empty:
                    spent = seconds(name, empty if name == "cold" else cache)
                if turn:  # the first writes bytecode and the cache
                    found.append(spent)
    medians = {name: statistics.median(found) for name, found in measured.items()}
    result = {
        name: {"median_ms": round(1e3 * median, 1), "ratio": round(median / medians[PEER], 2), "bar": BARS.get(name)}
        for name, median in medians.items()
    }
    if arguments.json:
        print(json.dumps(result))
        return
    for name, row in result.items():
        bar = f"bar {row['bar']}" if row["bar"] else ""
        print(f"{name:16} {row['median_ms']:8.1f} ms  ratio {row['ratio']:5.2f}  {bar}".rstrip())


if __name__ == "__main__":
    main()
