"""Full-batch training on whatever device there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import PositiveFloat

from gnnrec import Trainer

if TYPE_CHECKING:
    from gnnrec.training import Fit, TrainingTask


class DeviceAware(Trainer):
    """Full-batch training on CUDA, MPS or CPU; keeps the weights of the best epoch by `monitor`."""

    name: Literal["device_aware"] = "device_aware"

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """`auto` takes CUDA, then MPS, then CPU."""

    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    """Mixed precision computes linear maps in 16 bits; propagation and pair scores stay in 32."""

    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    """Adam (Kingma and Ba 2015), AdamW (Loshchilov and Hutter 2019) or plain gradient descent."""

    learning_rate: PositiveFloat = 1e-3
    """Step size of the optimizer."""

    def fit(self, task: TrainingTask) -> Fit:
        """Every supervision edge in one step per epoch.

        Raises:
            UsageError: The device is not there.
            TrainingError: The loss, in training or validation, is not finite.
        """
        from gnnrec_trainers.device_aware_loop import fit

        return fit(self, task)
