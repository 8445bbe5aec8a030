"""How long commands take that train nothing, against `python -c "import pydantic"`, in turns.

Each command runs as a process of its own, once before it counts. The cache is one of the benchmark's own, empty at
first; "list with a cold cache" has an empty one each time.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.harness import OURS, Measurement, seconds_of, take_turns
from benchmarks.processes import PROGRAM, output_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS, QUICK_ROUNDS = 15, 3

PEER = "import pydantic"
COLD = "list with a cold cache"
COMPLETION = "complete het"

BARS = {"--help": 2.2, "--version": 2.2, "list": 4.5, "show": 4.5, "validate": 4.5, COMPLETION: 4.5, COLD: 8.0}
"""How many times as long as the peer a command may take."""

COMMANDS = {
    PEER: [sys.executable, "-c", "import pydantic"],
    "--help": [PROGRAM, "--help"],
    "--version": [PROGRAM, "--version"],
    "list": [PROGRAM, "list"],
    "show": [PROGRAM, "show", "encoder", "hetero_sage"],
    "validate": [PROGRAM, "validate", "recipes/movielens_sage.yaml"],
    COMPLETION: [PROGRAM],
    COLD: [PROGRAM, "list"],
}

ASKED = {"_GNNREC_COMPLETE": "complete_bash", "COMP_WORDS": "gnnrec\nshow\nencoder\nhet", "COMP_CWORD": "3"}
"""What bash sets at `gnnrec show encoder het<TAB>`."""


def measure(quick: bool) -> Iterator[Measurement]:
    """The seconds of each command, and how the ratio stands to its bar."""
    with tempfile.TemporaryDirectory() as folder:

        def of(name: str) -> float:
            with tempfile.TemporaryDirectory() as empty:
                environment = {"XDG_CACHE_HOME": empty if name == COLD else f"{folder}/cache"}
                environment |= ASKED if name == COMPLETION else {}
                return seconds_of(lambda: output_of(COMMANDS[name], environment))()

        # The first round, which does not count, writes bytecode and the cache.
        seconds = take_turns({name: partial(of, name) for name in COMMANDS}, QUICK_ROUNDS if quick else ROUNDS)
    for name, bar in BARS.items():
        passed = statistics.median(seconds[name]) / statistics.median(seconds[PEER])
        note = f"{passed:.2f} times as long as the peer; the bar is {bar}"
        yield Measurement.of(name, "ms", {OURS: seconds[name], PEER: seconds[PEER]}, per=1e-3, note=note)
