from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from gnnrec_trainers.devices import chosen_device
from gnnrec_trainers.precision import Precision

if TYPE_CHECKING:
    from torch import Tensor

CPU = torch.device("cpu")
FIRST_SCALE = 2.0**16
"""torch's; it is halved where gradients overflow."""


def weights_and_optimizer() -> tuple[Tensor, torch.optim.Optimizer]:
    weights = torch.tensor([3.0, 4.0], requires_grad=True)
    return weights, torch.optim.SGD([weights], lr=1.0, fused=True)


@pytest.mark.parametrize(
    ("name", "computed_in"),
    [("32-true", torch.float32), ("bf16-mixed", torch.bfloat16), ("16-mixed", torch.bfloat16)],
)
def test_on_a_cpu_linear_maps_are_computed_in_what_is_named(
    name: str, computed_in: torch.dtype, caplog: pytest.LogCaptureFixture
) -> None:
    precision, linear = Precision.named(name, CPU), torch.nn.Linear(2, 1)
    with precision.autocast():
        computed = linear(torch.ones(1, 2))
    assert computed.dtype == computed_in
    precision.backward(computed.sum())
    assert linear.weight.grad is not None
    assert linear.weight.grad.dtype == torch.float32
    assert precision.state() == {}
    told = "trainer.precision: 16-mixed is for accelerators; on this CPU it is bf16-mixed"
    assert [record.getMessage() for record in caplog.records] == ([told] if name == "16-mixed" else [])


@pytest.mark.parametrize("dtype", [None, torch.bfloat16, torch.float16])
def test_a_norm_is_clipped_as_it_is_without_scaling(dtype: torch.dtype | None) -> None:
    (weights, optimizer), precision = weights_and_optimizer(), Precision(CPU, dtype)
    precision.backward((weights**2).sum() / 2)  # the gradient is the weights: norm 5
    assert weights.grad is not None
    assert weights.grad.tolist() == [each * (FIRST_SCALE if dtype is torch.float16 else 1) for each in (3, 4)]
    precision.step(optimizer, 1.0)
    assert weights.tolist() == pytest.approx([3 - 3 / 5, 4 - 4 / 5], abs=1e-5)
    optimizer.zero_grad()
    before = weights.tolist()
    precision.backward((weights * 0.3).sum())
    precision.step(optimizer, 1.0)
    assert weights.tolist() == pytest.approx([each - 0.3 for each in before])


@pytest.mark.parametrize("clip_norm", [None, 1.0])
def test_a_step_whose_scaled_gradients_overflow_is_left_out_and_the_scale_comes_down(clip_norm: float | None) -> None:
    (weights, optimizer), precision = weights_and_optimizer(), Precision(CPU, torch.float16)
    precision.backward((weights * 1e36).sum())
    precision.step(optimizer, clip_norm)
    assert weights.tolist() == [3.0, 4.0]
    assert precision.state()["scale"] == FIRST_SCALE / 2
    again = Precision(CPU, torch.float16)
    again.restore(precision.state())
    assert again.state() == precision.state()
    optimizer.zero_grad()
    again.backward((weights * 0.5).sum())
    assert weights.grad is not None
    assert weights.grad.tolist() == [0.5 * FIRST_SCALE / 2] * 2
    again.step(optimizer, clip_norm)
    assert weights.tolist() == [2.5, 3.5]


@pytest.mark.parametrize(
    ("cuda", "mps", "auto"), [(True, True, "cuda:0"), (False, True, "mps:0"), (False, False, "cpu")]
)
def test_auto_is_the_first_device_that_is_there(
    cuda: bool, mps: bool, auto: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: cuda)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: mps)
    assert str(chosen_device("auto")) == auto
    assert chosen_device("cpu") == CPU
