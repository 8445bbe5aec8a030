"""Training on whatever device there is, full-batch or in mini-batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gnnrec_trainers.device_aware_fields import DeviceAwareFields

if TYPE_CHECKING:
    from gnnrec.contract.training import Fit, TrainingTask


class DeviceAware(DeviceAwareFields):
    """Training on CUDA, MPS or CPU, full-batch or in mini-batches; keeps the weights of the best epoch by `monitor`."""

    name: Literal["device_aware"] = "device_aware"

    @property
    def sampled_hops(self) -> int | None:
        """The number of fan-outs."""
        return None if self.fan_out is None else len(self.fan_out)

    def fit(self, task: TrainingTask) -> Fit:
        """Train until `epochs` are done or patience is over.

        Raises:
            UsageError: The device is not there, or the loss or the encoder cannot be trained in this way.
            TrainingError: The loss, in training or validation, is not finite.
            KeyboardInterrupt: The run was asked to stop; a checkpoint is saved.
        """
        from gnnrec_trainers.device_aware_loop import Training

        return Training(self, task).run()
