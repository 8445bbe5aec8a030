"""gnnrec against its peers, in turns, on this machine.

    python -m benchmarks [NAME ...] [--quick] [--json] [--out benchmarks/RESULTS.md]

Writes what was measured after each benchmark, so that Ctrl-C loses none of it. Needs the dev install, and below
$GNNREC_DATA MovieLens latest-small and Gowalla as LightGCN's authors divided it.
"""

from __future__ import annotations

import argparse
import ast
import json
import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness import Bounded, run_all
from benchmarks.machine import describe
from benchmarks.results import to_data, to_line, to_markdown
from benchmarks.watched import measurements_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.harness import Measurement, Outcome

FOLDER = Path(__file__).parent

BENCHMARKS = {
    "epoch": Bounded(120),
    "command": Bounded(400),
    "lightgcn": Bounded(200),
    "curve": Bounded(700),
    "minibatch": Bounded(300),
    "ranking": Bounded(240),
    "negatives": Bounded(120),
    "sampling": Bounded(200),
    "load": Bounded(500),
    "scale": Bounded(600),
    "start": Bounded(200),
}
"""All benchmarks, and what each may take; together less than an hour."""


def about(name: str) -> str:
    """The sentence that a benchmark's module opens with."""
    told = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_bytes())) or ""
    return told.partition("\n\n")[0].replace("\n", " ")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run them, and write; gives 1 where one was not measured to the end."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="smaller and fewer rounds: minutes instead of an hour")
    parser.add_argument("--json", action="store_true", help="print one JSON object with every sample")
    parser.add_argument("--out", type=Path, default=FOLDER / "RESULTS.md", help="where the tables are written")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark is called '{unknown[0]}'; there are {', '.join(BENCHMARKS)}")
    names = asked.names or [*BENCHMARKS]
    typed = shlex.join(["python", "-m", "benchmarks", *asked.names, *(["--quick"] if asked.quick else [])])
    machine, sentences = describe(), {name: about(name) for name in names}

    def start(name: str) -> Iterator[Measurement]:
        print(name, file=sys.stderr, flush=True)
        for measurement in measurements_of(f"benchmarks.{name}", BENCHMARKS[name], quick=asked.quick):
            print(to_line(measurement), file=sys.stderr, flush=True)
            yield measurement

    def write(outcomes: tuple[Outcome, ...]) -> None:
        if outcomes[-1].failed:
            print(f"  {outcomes[-1].name}: {outcomes[-1].failed}", file=sys.stderr, flush=True)
        asked.out.write_text(to_markdown(typed, machine, sentences, outcomes), encoding="utf-8")

    outcomes = run_all(names, start, write)
    if asked.json:
        print(json.dumps(to_data(machine, outcomes)))
    return int(any(outcome.failed for outcome in outcomes))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what runs in processes is ended
    sys.exit(main())
