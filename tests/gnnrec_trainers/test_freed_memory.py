"""The allocator keeps what steps free, unless its user has said otherwise."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from gnnrec_trainers.freed_memory import OF_USER, keep_freed_memory

PAGES_ASKED_FOR = """
import resource, sys
import numpy
from gnnrec_trainers.freed_memory import keep_freed_memory

if sys.argv[1] == "keep":
    assert keep_freed_memory()
SIZE = 4 * 2**20

def step():
    arrays = [numpy.ones(SIZE, numpy.uint8) for _ in range(8)]

step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages_asked_for(how: str) -> int:
    """Of the system, by a second step that makes and frees 32 MiB."""
    made = subprocess.run([sys.executable, "-c", PAGES_ASKED_FOR, how], capture_output=True, text=True, check=True)
    return int(made.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_a_second_step_asks_the_system_for_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OF_USER:
        monkeypatch.delenv(name, raising=False)
    assert pages_asked_for("keep") * 10 < pages_asked_for("leave")


def test_what_its_user_says_of_the_allocator_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "131072")
    assert not keep_freed_memory()


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_freed_memory()
