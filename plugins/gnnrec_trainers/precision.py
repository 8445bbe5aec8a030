"""How many bits a step is computed in: autocast, and the scaling of losses (Micikevicius et al. 2018, 3.2)."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.utils import clip_grad_norm_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor
    from torch.optim import Optimizer

logger = logging.getLogger("gnnrec")

DTYPES = {"32-true": None, "bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
"""What linear maps are computed in, by the trainer's `precision`; None: in the weights' own."""


class Precision:
    """How one optimizer's steps are computed. Weights and gradients are float32 whatever the maps are computed in.

    Args:
        device: Where.
        dtype: What is computed in under `autocast`; None: nothing is cast. With float16 the loss is scaled, so that
            small gradients do not vanish, and a step whose gradients overflow is left out.
    """

    def __init__(self, device: torch.device, dtype: torch.dtype | None) -> None:
        self._device, self._dtype = device, dtype
        self._scaler = torch.amp.GradScaler(device.type, enabled=dtype is torch.float16)

    @classmethod
    def named(cls, name: str, device: torch.device) -> Precision:
        """The one that a recipe names; on a CPU, 16-mixed is bf16-mixed."""
        if name == "16-mixed" and device.type == "cpu":
            logger.warning("trainer.precision: 16-mixed is for accelerators; on this CPU it is bf16-mixed")
            name = "bf16-mixed"
        return cls(device, DTYPES[name])

    def autocast(self) -> AbstractContextManager[Any]:
        """Where the loss is computed."""
        return nullcontext() if self._dtype is None else torch.autocast(self._device.type, dtype=self._dtype)

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of a loss [], scaled until `step`."""
        self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]

    def step(self, optimizer: Optimizer, clip_norm: float | None) -> None:
        """Take one step by the gradients, whose norm (before scaling) is first brought down to `clip_norm`."""
        if clip_norm is not None:
            self._scaler.unscale_(optimizer)
            clip_grad_norm_([each for group in optimizer.param_groups for each in group["params"]], clip_norm)
        self._scaler.step(optimizer)
        self._scaler.update()

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps, as plain values; empty where nothing is scaled."""
        return self._scaler.state_dict()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Undo `state`."""
        self._scaler.load_state_dict(dict(state))
