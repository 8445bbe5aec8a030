"""Learning-rate schedules: torch's own, named in the recipe, with lengths in epochs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from gnnrec import Fraction
from gnnrec.contract.component import Part

if TYPE_CHECKING:
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler


class Schedule(Part, ABC):
    """How the learning rate changes. It moves once per optimizer step, or once per epoch where `watches` is true."""

    watches: ClassVar[bool] = False
    """Moved once per epoch, by the monitored validation metric."""

    @abstractmethod
    def build(self, optimizer: Optimizer, steps: int, epochs: int, mode: Literal["min", "max"]) -> LRScheduler:
        """Torch's scheduler over `optimizer`.

        Args:
            optimizer: Its learning rate is the one that the schedule starts from.
            steps: Optimizer steps in an epoch.
            epochs: The length of training at the most.
            mode: Whether the monitored metric is to be small or large.
        """


class Cosine(Schedule):
    """Half a cosine from the learning rate down to a share of it (Loshchilov and Hutter 2017, without restarts)."""

    name: Literal["cosine"] = "cosine"

    warm_up: NonNegativeInt = 0
    """Epochs of linear rise before it."""

    end: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The share of the learning rate that is left at the end."""

    def build(self, optimizer: Optimizer, steps: int, epochs: int, mode: Literal["min", "max"]) -> LRScheduler:  # noqa: ARG002 - the signature of all
        """`CosineAnnealingLR`, after a `LinearLR` where there is a warm-up."""
        from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

        rate = optimizer.param_groups[0]["lr"]
        rise = self.warm_up * steps
        fall = CosineAnnealingLR(optimizer, max(1, epochs * steps - rise), eta_min=self.end * rate)
        if not rise:
            return fall
        return SequentialLR(optimizer, [LinearLR(optimizer, 1 / (rise + 1), total_iters=rise), fall], [rise])


class Step(Schedule):
    """The learning rate is multiplied by `factor` every so many epochs."""

    name: Literal["step"] = "step"

    every: PositiveInt = 30
    """Epochs between two changes."""

    factor: Fraction = 0.5
    """What the learning rate is multiplied by."""

    def build(self, optimizer: Optimizer, steps: int, epochs: int, mode: Literal["min", "max"]) -> LRScheduler:  # noqa: ARG002 - the signature of all
        """`StepLR`."""
        from torch.optim.lr_scheduler import StepLR

        return StepLR(optimizer, self.every * steps, self.factor)


class Plateau(Schedule):
    """The learning rate is multiplied by `factor` when the monitored metric has not become better for some epochs."""

    name: Literal["plateau"] = "plateau"

    watches: ClassVar[bool] = True

    patience: NonNegativeInt = 5
    """Epochs without a better value that are waited for."""

    factor: Fraction = 0.5
    """What the learning rate is multiplied by."""

    min_delta: Annotated[float, Field(ge=0)] = 0.0
    """By how much a value has to be better to count."""

    def build(self, optimizer: Optimizer, steps: int, epochs: int, mode: Literal["min", "max"]) -> LRScheduler:  # noqa: ARG002 - the signature of all
        """`ReduceLROnPlateau`."""
        from torch.optim.lr_scheduler import ReduceLROnPlateau

        return ReduceLROnPlateau(
            optimizer, mode, self.factor, self.patience, threshold=self.min_delta, threshold_mode="abs"
        )


class LinearWarmUp(Schedule):
    """The learning rate rises linearly over the first epochs and then stays."""

    name: Literal["linear_warm_up"] = "linear_warm_up"

    epochs: PositiveInt = 5
    """How long it rises."""

    def build(self, optimizer: Optimizer, steps: int, epochs: int, mode: Literal["min", "max"]) -> LRScheduler:  # noqa: ARG002 - the signature of all
        """`LinearLR`."""
        from torch.optim.lr_scheduler import LinearLR

        rise = self.epochs * steps
        return LinearLR(optimizer, 1 / (rise + 1), total_iters=rise)


class OneCycle(Schedule):
    """Up to the learning rate and down again, once (Smith and Topin 2019)."""

    name: Literal["one_cycle"] = "one_cycle"

    rise: Fraction = 0.3
    """The share of training in which the learning rate rises."""

    start_factor: PositiveFloat = 25.0
    """The learning rate starts at this part of itself: 25 means a twenty-fifth."""

    def build(self, optimizer: Optimizer, steps: int, epochs: int, mode: Literal["min", "max"]) -> LRScheduler:  # noqa: ARG002 - the signature of all
        """`OneCycleLR`; momenta stay as they are."""
        from torch.optim.lr_scheduler import OneCycleLR

        return OneCycleLR(
            optimizer,
            max_lr=optimizer.param_groups[0]["lr"],
            total_steps=epochs * steps,
            pct_start=self.rise,
            div_factor=self.start_factor,
            cycle_momentum=False,
        )


AnySchedule = Annotated[Cosine | Step | Plateau | LinearWarmUp | OneCycle, Field(discriminator="name")]
