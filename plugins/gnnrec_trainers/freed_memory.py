"""What a step frees is kept for the next one, rather than given back to the system and asked for again."""

from __future__ import annotations

import ctypes
import os
import platform

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Of `mallopt` (glibc, malloc.h)."""

KEPT = 256 * 2**20
"""Bytes that may lie free at the heap's end before they are given back."""

FROM_HEAP = 32 * 2**20
"""Bytes of the largest array that comes from the heap; glibc allows no more."""

OF_USER = ("GLIBC_TUNABLES", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_")
"""Where users say it themselves."""


def keep_freed_memory() -> bool:
    """Have the allocator of this process keep what is freed, up to `KEPT` bytes; gives whether that was done.

    By itself glibc gives back what exceeds twice the largest freed array. A step that makes and frees a dozen arrays
    [N, D] then pays for each of their pages again: zeroed by the system, and mapped. Nothing is done for another C
    library, or where the environment says how glibc is to allocate.
    """
    if platform.libc_ver()[0] != "glibc" or any(os.environ.get(name) for name in OF_USER):
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(TRIM_THRESHOLD, KEPT) and mallopt(MMAP_THRESHOLD, FROM_HEAP))
