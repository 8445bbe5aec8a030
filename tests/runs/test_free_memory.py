from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gnnrec.runs.free_memory import free_memory

if TYPE_CHECKING:
    from pathlib import Path

GROUP_2 = {"memory.max": "5000", "memory.current": "3000", "memory.stat": "anon 1\ninactive_file 700\nactive_file 40\n"}
GROUP_1 = {
    "memory.limit_in_bytes": "5000",
    "memory.usage_in_bytes": "4000",
    "memory.stat": "inactive_file 1\ntotal_inactive_file 100\n",
}
WHOLE = {"memory.max": "max", "memory.current": "9000", "memory.stat": "anon 1\n"}
MACHINE = {"proc/meminfo": "MemTotal: 90 kB\nMemAvailable:   8 kB\nSwapFree:  2 kB\nHugePages_Free:  0\n"}


def machine(root: Path, groups: dict[str, dict[str, str]], files: dict[str, str]) -> Path:
    told = {f"sys/fs/cgroup/{group}/{name}": text for group, all_ in groups.items() for name, text in all_.items()}
    for place, text in {**told, **files}.items():
        file = root / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="ascii")
    return root


@pytest.mark.parametrize(
    ("groups", "files", "free"),
    [
        ({}, {}, None),
        ({}, MACHINE, 10 * 1024),
        ({}, {"proc/meminfo": "MemTotal: 90 kB\n"}, None),
        ({"": GROUP_2}, {"proc/self/cgroup": "0::/\n", **MACHINE}, 5000 - 3000 + 740),
        ({"a": GROUP_2, "a/b": WHOLE}, {"proc/self/cgroup": "0::/a/b\n", **MACHINE}, 5000 - 3000 + 740),
        ({"": GROUP_2}, {"proc/self/cgroup": "0::/as/the/host/calls/it\n"}, 5000 - 3000 + 740),
        ({"": WHOLE}, {"proc/self/cgroup": "0::/\n", **MACHINE}, 10 * 1024),
        ({"memory/a": GROUP_1}, {"proc/self/cgroup": "9:name=systemd:/\n4:cpu,memory:/a\n0::/\n"}, 5000 - 4000 + 100),
        ({"": {**GROUP_2, "memory.current": "6000"}}, {"proc/self/cgroup": "0::/\n"}, 0),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no /proc")
def test_the_least_that_any_limit_leaves(
    tmp_path: Path, groups: dict[str, dict[str, str]], files: dict[str, str], free: int | None
) -> None:
    assert free_memory(machine(tmp_path, groups, files)) == free


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_ulimit_counts_what_is_held_already() -> None:
    def left(limit: int) -> int:
        program = (
            f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))\n"
            "from gnnrec.runs.free_memory import free_memory; print(free_memory())"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert 200_000_000 < left(1_000_000_000) < 1_000_000_000
    free = free_memory()
    assert free is not None
    assert free > 100_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_machine_without_proc_tells_nothing(tmp_path: Path) -> None:
    assert free_memory(tmp_path / "none") is None
