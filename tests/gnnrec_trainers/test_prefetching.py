from __future__ import annotations

import threading
from itertools import count
from typing import TYPE_CHECKING

import pytest
import torch
from trained_models import task

from gnnrec_trainers.device_aware import DeviceAware
from gnnrec_trainers.neighborhoods import SampledPairwise
from gnnrec_trainers.prefetching import prefetched

if TYPE_CHECKING:
    from gnnrec_trainers.objectives import Scored

WAIT = 10
"""Seconds until a test gives up."""


def sampled() -> SampledPairwise:
    return SampledPairwise(task()[0], (3, 2), replace=False, workers=0, batch_size=6, device=torch.device("cpu"))


def tensors(scored: Scored) -> list[torch.Tensor]:
    return [scored.pairs, scored.edge_ids, *(value for store in scored.graph.stores for value in store.values())]


def test_the_next_is_made_while_the_last_is_used_and_no_other() -> None:
    begun = [threading.Event() for _ in range(4)]
    made = prefetched(lambda place: begun[place].set() or threading.current_thread(), range(4))
    assert next(made) is not threading.main_thread()
    assert begun[1].wait(WAIT)
    assert not begun[2].is_set()
    made.close()
    assert not begun[2].is_set()
    assert not any(thread.name.startswith("gnnrec-prefetch") for thread in threading.enumerate())


def test_a_failure_is_told_where_its_result_is_asked_for() -> None:
    made = prefetched(lambda place: 1 // (2 - place), count())
    assert [next(made), next(made)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(made)


def test_steps_that_are_drawn_ahead_are_those_drawn_in_between_from_wherever_one_begins() -> None:
    model, plain = task()[0].model, sampled()
    steps = plain.supervision.steps
    for first in (0, steps - 2):  # as after a resumption
        objective = sampled()
        for place in [(1, step) for step in range(first, steps)] + [(2, 0), (2, 1)]:
            _, got = objective.loss(model, *place)
            assert all(
                torch.equal(one, two) for one, two in zip(tensors(got), tensors(plain.prepare(place)), strict=True)
            )


def test_a_failure_of_the_thread_ends_the_step_that_it_was_for(monkeypatch: pytest.MonkeyPatch) -> None:
    prepare = SampledPairwise.prepare

    def failing(self: SampledPairwise, place: tuple[int, int]) -> Scored:
        assert place != (2, 1), "no memory left"
        return prepare(self, place)

    monkeypatch.setattr(SampledPairwise, "prepare", failing)
    given, history = task()
    with pytest.raises(AssertionError, match="no memory left"):
        DeviceAware(device="cpu", epochs=3, batch_size=6, fan_out=(3, 2)).fit(given)
    assert len(history) == 1
