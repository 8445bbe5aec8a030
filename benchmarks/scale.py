"""How loading grows with the number of interactions: the same code at several sizes, each in a process of its own.

    python -m benchmarks.scale [--rows 1000000 4000000 16000000 32000204] [--json]

Ratings are made by `benchmarks.generated_movielens` in a temporary folder (27 bytes each). `movielens` reads them as
its archive, `table` as anybody's CSV file, and `pandas` is the floor: `read_csv` and two `factorize`. The exponent is
that of the power law through the first and the last size; 1 is proportional.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.generated_movielens import ML_32M, write

SIZES = (1_000_000, 4_000_000, 16_000_000, ML_32M["rows"])

LOADERS = {
    "pandas": """
import pandas as pd
table = pd.read_csv(folder + "/ratings.csv")
edges = [pd.factorize(table[column], sort=True)[0] for column in ("userId", "movieId")][0]
""",
    "movielens": """
from gnnrec_datasets.movielens import MovieLens
edges = MovieLens(variant=("32m",), path=folder).load().edges
""",
    "table": """
from gnnrec_datasets.table import Table
columns = {"user": "userId", "item": "movieId", "rating": "rating", "timestamp": "timestamp"}
edges = Table(path=folder + "/ratings.csv", items=None, **columns).load().edges
""",
}

MEASURED = """
import resource, sys, time
import numpy, pandas, pyarrow.csv
folder, loader = sys.argv[1:]
started = time.perf_counter()
exec(loader)
seconds = time.perf_counter() - started
print(len(edges), seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def measure(folder: Path, loader: str) -> dict[str, float]:
    """Seconds of a load, and bytes at its peak for each interaction.

    Raises:
        CalledProcessError: It fails.
    """
    command = [sys.executable, "-c", MEASURED, str(folder), LOADERS[loader]]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    count, seconds, kibibytes = map(float, done.stdout.split())
    return {"interactions": count, "seconds": seconds, "bytes_each": kibibytes * 1024 / count}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    measured: dict[str, list[dict[str, float]]] = {name: [] for name in LOADERS}
    with tempfile.TemporaryDirectory() as place:
        for rows in arguments.rows:
            folder = Path(place) / str(rows)
            write(folder, rows)
            for name, found in measured.items():
                found.append(measure(folder, name))
                if not arguments.json:
                    print(f"{name:10}", *(f"{key} {value:14,.1f}" for key, value in found[-1].items()), flush=True)
            (folder / "ratings.csv").unlink()
    exponents = {name: exponent(found) for name, found in measured.items() if len(found) > 1}
    if arguments.json:
        print(json.dumps({"measured": measured, "exponents": exponents}))
        return
    for name, value in exponents.items():
        print(f"{name:10} grows with exponent {value:.2f}")


def exponent(found: list[dict[str, float]]) -> float:
    """Of the power law through the first and the last measurement."""
    first, last = found[0], found[-1]
    return math.log(last["seconds"] / first["seconds"]) / math.log(last["interactions"] / first["interactions"])


if __name__ == "__main__":
    main()
