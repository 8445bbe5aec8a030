"""What a recipe may say of training: the fields of `device_aware`, which its loop reads."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from gnnrec import Fraction, Trainer, Tuned
from gnnrec_trainers.schedules import AnySchedule


class DeviceAwareFields(Trainer):
    """The fields by themselves."""

    replays: ClassVar[bool] = True

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """`auto` takes CUDA, then MPS, then CPU."""

    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    """Mixed precision computes linear maps in 16 bits; propagation and pair scores stay in 32. On a CPU, 16-mixed is
    bf16-mixed."""

    batch_size: PositiveInt | None = None
    """Supervision edges in a step; left out, or above their number, all of them."""

    fan_out: Annotated[tuple[Annotated[int, Field(ge=-1)], ...], Field(min_length=1)] | None = None
    """Neighbours sampled for each node, one number per layer of the encoder, -1 for all (Hamilton et al. 2017); left
    out, every step propagates over the whole graph."""

    replace: bool = False
    """Sample neighbours with replacement."""

    workers: Annotated[int, Field(ge=0)] = 0
    """Processes that sample neighbourhoods ahead; with 0 a thread samples the next step's. The result is the same."""

    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    """Adam (Kingma and Ba 2015), AdamW (Loshchilov and Hutter 2019) or plain gradient descent."""

    learning_rate: Annotated[PositiveFloat, Tuned(1e-3, 1e-1, log=True)] = 1e-3
    """Step size of the optimizer."""

    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """The optimizer's own: an L2 penalty on all parameters (adam, sgd), or decoupled from the gradient (adamw)."""

    l2: Annotated[float, Field(ge=0)] = 0.0
    """Weight of half the squared norm of the layer-0 rows that a batch scores, per positive (He et al. 2020, 15)."""

    clip_norm: PositiveFloat | None = None
    """Gradients of a greater norm are scaled down to it."""

    accumulate: PositiveInt = 1
    """Batches whose gradients are averaged before the optimizer takes a step."""

    scheduler: AnySchedule | None = None
    """How the learning rate changes: `{name: cosine}`, step, plateau, linear_warm_up or one_cycle."""

    ema: Fraction | None = None
    """Validate and keep an exponential moving average of the weights, with this decay per optimizer step."""

    patience: PositiveInt | None = None
    """Stop after so many epochs in a row without a better `monitor`; left out, all epochs are trained."""

    min_delta: Annotated[float, Field(ge=0)] = 0.0
    """By how much `monitor` has to be better to count for `patience`."""

    @model_validator(mode="after")
    def _ignore_nothing(self) -> Self:
        """Refuse what would have no effect."""
        for name, unset, needed in (
            ("replace", False, "fan_out"),
            ("workers", 0, "fan_out"),
            ("min_delta", 0, "patience"),
        ):
            if getattr(self, name) != unset and getattr(self, needed) is None:
                raise ValueError(f"{name} has no effect without {needed}; set {needed} too, or leave {name} out")
        return self
