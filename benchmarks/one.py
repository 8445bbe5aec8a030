"""One benchmark in this process: a line of JSON for each measurement, as it is made.

    python -m benchmarks.one MODULE [--quick]

`python -m benchmarks` starts it so. What benchmarks print goes to stderr.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from importlib import import_module


def main() -> None:
    """Measure, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    lines = sys.stdout
    with redirect_stdout(sys.stderr):
        for measurement in import_module(arguments.module).measure(arguments.quick):
            print(json.dumps(asdict(measurement)), file=lines, flush=True)


if __name__ == "__main__":
    main()
