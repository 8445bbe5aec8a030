"""A benchmark in processes of its own, which are ended where they take more time or memory than they may."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from benchmarks.harness import Measurement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.harness import Bounded

LOOK_EVERY = 0.25
"""Seconds between two looks at what is taken."""


class BenchmarkError(Exception):
    """A benchmark did not come to its end; the message says why."""


def measurements_of(module: str, bounds: Bounded, *, quick: bool) -> Iterator[Measurement]:
    """Run `benchmarks.one` for a module, and give what it measures as it comes.

    What it writes to temporary files is gone afterwards, however it ended.

    Raises:
        BenchmarkError: It failed, or took too much.
    """
    with tempfile.TemporaryDirectory(prefix="gnnrec-benchmark-") as folder, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, "-m", "benchmarks.one", module, *(["--quick"] if quick else [])],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "TMPDIR": folder, "NO_COLOR": "1"},
            start_new_session=True,  # so that its own processes end with it
        )
        watch = _Watch(process, bounds)
        try:
            with cast("IO[str]", process.stdout) as lines:
                for line in lines:
                    yield _read(line)
            process.wait()
        finally:
            _end(process)
            watch.join()
        if process.returncode:
            errors.seek(0)
            said = [line for line in errors.read().splitlines() if line.strip()]
            raise BenchmarkError(watch.reason or (said[-1] if said else f"ended with {process.returncode}"))


def _read(line: str) -> Measurement:
    fields = json.loads(line)
    return Measurement(**{**fields, "ours": tuple(fields["ours"]), "peer": tuple(fields["peer"])})


class _Watch(threading.Thread):
    """Ends a process where it passes its bounds; `reason` says which."""

    def __init__(self, process: subprocess.Popen[str], bounds: Bounded) -> None:
        super().__init__(daemon=True)
        self.reason = ""
        self._process, self._bounds = process, bounds
        self.start()

    def run(self) -> None:
        """Look again and again."""
        started = time.monotonic()
        while self._process.poll() is None:
            if time.monotonic() - started > self._bounds.seconds:
                self.reason = f"ended: it took more than {self._bounds.seconds:g} s"
            elif resident(self._process.pid) > self._bounds.memory:
                self.reason = f"ended: it took more than {self._bounds.memory / 2**30:g} GiB of memory"
            if self.reason:
                _end(self._process)
                return
            time.sleep(LOOK_EVERY)


def resident(group: int) -> int:
    """Bytes of memory that the processes of a group take together; 0 where the system has no /proc."""
    pages = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            fields = path.read_text().rpartition(")")[2].split()  # from the state on
            pages += int(fields[21]) if int(fields[2]) == group else 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _end(process: subprocess.Popen[str]) -> None:
    """End a process and those that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
