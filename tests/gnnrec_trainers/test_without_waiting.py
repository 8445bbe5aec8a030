from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from trained_models import SPLIT, task

from gnnrec_negatives.dynamic import Dynamic
from gnnrec_trainers.device_aware import DeviceAware
from gnnrec_trainers.device_aware_loop import Training


@pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a GPU of CUDA, which alone tells when a step waits for it"
)
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"batch_size": 16, "clip_norm": 1.0, "ema": 0.9, "l2": 1e-4},
        {"batch_size": 16, "precision": "16-mixed", "clip_norm": 1.0},
        {"batch_size": 16, "fan_out": (3, 2)},
    ],
    ids=["full batch", "mini-batches", "16 bits", "neighbourhoods"],
)
@pytest.mark.parametrize("corrupt", ["pair", "item"])
def test_no_step_waits_for_the_device(fields: dict[str, Any], corrupt: str) -> None:
    given, _ = task()
    drawing = Dynamic.model_validate({"corrupt": corrupt, "ratio": 2, "every": "step"})
    sampler = drawing.build(SPLIT.train, SPLIT.supervision_edges, SPLIT.edges("train"), torch.Generator())
    training = Training(DeviceAware(device="cuda", **fields), replace(given, sampler=sampler))
    training._train_epoch()  # makes what is kept
    training._epoch = 2
    torch.cuda.set_sync_debug_mode("error")
    try:
        for step in range(training._objective.supervision.steps):
            training._backward(step, 1)
            training._take_step()
    finally:
        torch.cuda.set_sync_debug_mode("default")
