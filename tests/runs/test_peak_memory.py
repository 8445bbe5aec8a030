from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gnnrec.runs.peak_memory import forget_peak, peak_memory

if TYPE_CHECKING:
    from pathlib import Path

TAKEN_AND_GIVEN_BACK = """
from gnnrec.runs.peak_memory import peak_memory
before = peak_memory()
taken = bytearray(200_000_000)
taken[::4096] = bytes(len(taken[::4096]))
del taken
print(peak_memory() - before)
"""


def test_the_peak_is_what_linux_tells(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/status").write_text("Name:\tpython\nVmPeak:\t  9 kB\nVmHWM:\t  12 kB\n")
    assert peak_memory(tmp_path) == 12 * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a child's peak begins with its parent's")
def test_what_was_taken_and_given_back_counts() -> None:
    done = subprocess.run([sys.executable, "-c", TAKEN_AND_GIVEN_BACK], capture_output=True, text=True, check=True)
    assert 180e6 < int(done.stdout) < 250e6


@pytest.mark.skipif(sys.platform == "win32", reason="nothing tells there")
def test_without_proc_the_process_is_asked_itself(tmp_path: Path) -> None:
    assert (peak_memory(tmp_path) or 0) >= 0.5 * (peak_memory() or 0) > 0


FORGOTTEN = """
from gnnrec.runs.peak_memory import forget_peak, peak_memory
before = peak_memory()
taken = bytearray(200_000_000)
taken[::4096] = bytes(len(taken[::4096]))
del taken
print(forget_peak(), peak_memory() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a peak begin anew")
def test_a_peak_that_is_forgotten_begins_anew() -> None:
    done = subprocess.run([sys.executable, "-c", FORGOTTEN], capture_output=True, text=True, check=True)
    told, more = done.stdout.split()
    assert told == "True"
    assert int(more) < 50e6


def test_where_nothing_can_be_forgotten_it_says_so(tmp_path: Path) -> None:
    assert not forget_peak(tmp_path)
