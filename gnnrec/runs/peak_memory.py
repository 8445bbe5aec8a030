"""How much memory this process has taken at its peak, as far as the operating system tells."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path


def peak_memory(root: Path = Path("/")) -> int | None:
    """Bytes of main memory at the most since the process began; None where nothing tells, as on Windows.

    Args:
        root: Where `proc` is.
    """
    # Not ru_maxrss where there is this: that counts what started the process too, as large as it was.
    with suppress(OSError, ValueError, StopIteration):
        lines = (root / "proc/self/status").read_text(encoding="ascii").splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def forget_peak(root: Path = Path("/")) -> bool:
    """Let the peak begin anew, so that it is that of what comes; whether the operating system (Linux) did so.

    Args:
        root: Where `proc` is.
    """
    try:
        (root / "proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def memory_taken(device: str) -> dict[str, int | None]:
    """What metrics.json says: `peak_bytes`, and after work on CUDA `peak_cuda_bytes`, the most that torch had there.

    Args:
        device: Where a run was fitted.
    """
    taken = {"peak_bytes": peak_memory()}
    if device.startswith("cuda"):
        import torch

        taken["peak_cuda_bytes"] = torch.cuda.max_memory_allocated(device)
    return taken
