"""Time: what is left of it, whether a training keeps to it, and what rings when it is over."""

from __future__ import annotations

import math
import signal
import time

import pytest

from gnnrec import UsageError
from gnnrec.contract.training import EpochRecord
from gnnrec.tuning import budget
from gnnrec.tuning.budget import Bell, Budget, Pace


class Clock:
    """A clock that goes on when it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(budget, "time", clock)
    return clock


def trained(pace: Pace, clock: Clock, epochs: int, seconds: float) -> int:
    """How many epochs are done before it is stopped."""
    for epoch in range(1, epochs + 1):
        clock.now += seconds
        if not pace.goes_on(EpochRecord(epoch, 1.0, {}, 0.1, seconds)):
            return epoch
    return epochs


def test_a_budget_goes_down_with_the_clock(clock: Clock) -> None:
    some = Budget(0.5)
    clock.now += 20
    assert some.left == 10
    clock.now += 20
    assert some.left == -10


@pytest.mark.parametrize("minutes", [0, -1, math.inf, math.nan])
def test_what_is_no_time_is_refused(minutes: float) -> None:
    with pytest.raises(UsageError) as error:
        Budget(minutes)
    assert str(error.value) == f"--minutes is a number of minutes above 0, such as 10 or 0.5; got {minutes:g}"


def test_a_training_that_keeps_to_its_time_is_not_stopped(clock: Clock) -> None:
    pace = Pace(100, allowed=110, around=5)
    assert trained(pace, clock, 100, 1.0) == 100
    assert not pace.too_slow


def test_a_training_that_would_not_is_stopped_early_and_tells_how_many_epochs_fit(clock: Clock) -> None:
    pace = Pace(100, allowed=50, around=5)
    clock.now += 2  # loading
    assert trained(pace, clock, 100, 1.0) == 3
    assert pace.too_slow
    assert pace.affordable(50) == 38  # 0.9 · 50 - 2 - 5 seconds, one for each


def test_long_epochs_are_not_waited_for_three_times(clock: Clock) -> None:
    pace = Pace(100, allowed=50, around=0)
    assert trained(pace, clock, 100, 20.0) == 1
    assert pace.affordable(15) == 0


def test_without_a_plan_it_is_stopped_when_its_time_is_over_and_not_after_its_last_epoch(clock: Clock) -> None:
    assert trained(Pace(100, allowed=50, around=5, plan=False), clock, 100, 1.0) == 46
    assert trained(Pace(60, allowed=50, around=0, plan=False), clock, 60, 1.0) == 51
    last = Pace(1, allowed=1, around=0, plan=False)
    assert last.goes_on(EpochRecord(1, 1.0, {}, 0.1, 9.0))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no bell here")
def test_the_bell_interrupts_and_says_that_it_was_it() -> None:
    before = signal.getsignal(signal.SIGALRM)
    bell = Bell(0.05)
    with pytest.raises(KeyboardInterrupt), bell:
        time.sleep(5)
    assert bell.rang
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_no_bell_rings_where_there_is_time_or_none_is_wanted() -> None:
    for seconds in (60.0, None):
        with Bell(seconds) as bell:
            time.sleep(0.01)
        assert not bell.rang
