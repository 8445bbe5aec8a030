"""How much memory this process may still take, as far as the operating system tells."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CGROUPS = (
    ("", "memory.max", "memory.current", ("inactive_file", "active_file")),
    ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file")),
)
"""Of control groups of version 2 and 1: their controller, and the files that say what is allowed, what is taken, and
what of that is a cache that gives way."""


def free_memory(root: Path = Path("/")) -> int | None:
    """Bytes, the least that any limit leaves: of the process, of its control groups, of the machine (with swap).

    None where nothing tells. That is so outside Linux, for whatever is taken there is not told without more packages.

    Args:
        root: Where `proc` and `sys` are.
    """
    found = [*_of_process(root), *_of_groups(root), *_of_machine(root)]
    return max(0, min(found)) if found else None


def _of_process(root: Path) -> Iterator[int]:
    """What `ulimit -v` leaves of the address space."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(OSError, ValueError, AttributeError):
        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            pages = int((root / "proc/self/statm").read_text(encoding="ascii").split()[0])
            yield limit - pages * os.sysconf("SC_PAGE_SIZE")


def _of_groups(root: Path) -> Iterator[int]:
    """What each control group that the process is in leaves, and each above it."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, place = rest.partition(":")
        for controller, allowed, taken, cache in CGROUPS:
            if controller in controllers.split(","):
                top = root / "sys/fs/cgroup" / controller
                for each in {PurePosixPath(place), *PurePosixPath(place).parents}:
                    with suppress(OSError, ValueError):  # `max`, or no such group as seen from within a container
                        yield _left(top / each.relative_to("/"), allowed, taken, cache)


def _left(group: Path, allowed: str, taken: str, cache: tuple[str, ...]) -> int:
    limit, used = (int((group / name).read_text(encoding="ascii")) for name in (allowed, taken))
    stat = dict(line.split() for line in (group / "memory.stat").read_text(encoding="ascii").splitlines())
    return limit - used + sum(int(stat.get(name, 0)) for name in cache)


def _of_machine(root: Path) -> Iterator[int]:
    """What can be had without taking it from another process, with free swap."""
    with suppress(OSError, ValueError, LookupError):
        lines = (root / "proc/meminfo").read_text(encoding="ascii").splitlines()
        told = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
        yield 1024 * (told["MemAvailable"] + told.get("SwapFree", 0))
