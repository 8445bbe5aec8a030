"""Which device is trained on."""

from __future__ import annotations

import torch

from gnnrec import UsageError


def chosen_device(name: str) -> torch.device:
    """The device that a recipe names; `auto` is CUDA, then MPS, then CPU.

    Raises:
        UsageError: It is not there.
    """
    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(each for each, is_there in found.items() if is_there)
    if not found[name]:
        raise UsageError(f"trainer.device: {name} is not available on this machine; use auto")
    return torch.device("cpu") if name == "cpu" else torch.device(name, 0)
