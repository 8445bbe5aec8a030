"""What a benchmark is: a module whose `measure(quick)` yields measurements, each of gnnrec and a peer in turns."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

T = TypeVar("T")

OURS = "gnnrec"

COSTS = ("s", "ms", "ns", "MiB", "bytes an interaction")
"""Units of what is to be small, and of which a ratio says something."""

MIDDLE_HALF_FROM = 8
"""Samples from which a spread is that of their middle half; of fewer it is that of all."""

MIB = 2**20


class Bounded(NamedTuple):
    """What a benchmark may take before it is ended: seconds, and bytes of all its processes together."""

    seconds: float
    memory: int = 8 * 2**30


@dataclass(frozen=True)
class Measurement:
    """One thing measured, of gnnrec and of a peer.

    Attributes:
        name: What was measured.
        unit: Of the samples.
        ours: gnnrec's samples, one a round; none where there was nothing to compare them with.
        against: The peer; empty where there is none.
        peer: The peer's samples.
        note: What else is to be known: why a peer is missing, what both agree in.
    """

    name: str
    unit: str
    ours: tuple[float, ...]
    against: str = ""
    peer: tuple[float, ...] = ()
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The peer's median divided by gnnrec's: 2 is twice as fast, or half the memory; None where nothing is said."""
        if self.unit not in COSTS or not (self.ours and self.peer):
            return None
        return statistics.median(self.peer) / statistics.median(self.ours)

    @classmethod
    def of(
        cls, name: str, unit: str, samples: Mapping[str, Iterable[float]], *, per: float = 1.0, note: str = ""
    ) -> Self:
        """From the samples of gnnrec and, where it took turns with one, a peer.

        Args:
            name: What was measured.
            unit: Of the samples, once they are divided.
            samples: By name: `gnnrec`, and any other.
            per: What each sample is divided by.
            note: See the attribute.
        """
        divided = {who: tuple(sample / per for sample in each) for who, each in samples.items()}
        against = next((who for who in divided if who != OURS), "")
        return cls(name, unit, divided[OURS], against, divided.get(against, ()), note)


def spread(samples: tuple[float, ...]) -> tuple[float, float]:
    """The quartiles of eight samples or more; of fewer the smallest and the largest.

    >>> spread((3.0, 1.0, 2.0))
    (1.0, 3.0)
    """
    if len(samples) < MIDDLE_HALF_FROM:
        return min(samples), max(samples)
    low, _, high = statistics.quantiles(samples, n=4, method="inclusive")
    return low, high


def take_turns(rivals: Mapping[str, Callable[[], T]], rounds: int, warm_up: int = 1) -> dict[str, list[T]]:
    """What each rival gives in each round; in every second round they go in the opposite order.

    Args:
        rivals: By name.
        rounds: Those that count.
        warm_up: Rounds before them.
    """
    found: dict[str, list[T]] = {name: [] for name in rivals}
    for turn in range(-warm_up, rounds):
        for name in [*rivals] if turn % 2 == 0 else [*rivals][::-1]:
            value = rivals[name]()
            if turn >= 0:
                found[name].append(value)
    return found


def seconds_of(work: Callable[[], object]) -> Callable[[], float]:
    """The same as something that gives the seconds that it takes."""

    def timed() -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    return timed


@dataclass(frozen=True)
class Outcome:
    """What became of a benchmark: what it measured and, where that is not all, why."""

    name: str
    measurements: tuple[Measurement, ...]
    failed: str = ""


def run_all(
    benchmarks: Iterable[str],
    start: Callable[[str], Iterator[Measurement]],
    so_far: Callable[[tuple[Outcome, ...]], None],
) -> tuple[Outcome, ...]:
    """Run benchmarks one after the other; one that fails does not keep the others from running.

    After Ctrl-C what was measured until then is given back, and the rest is listed as not run.

    Args:
        benchmarks: Their names.
        start: Starts one, and gives its measurements as they come.
        so_far: Is told of all outcomes after each benchmark.
    """
    outcomes: list[Outcome] = []
    interrupted = False
    for name in benchmarks:
        found: list[Measurement] = []
        failed = "not run: interrupted before it" if interrupted else ""
        if not interrupted:
            try:
                for measurement in start(name):
                    found.append(measurement)  # noqa: PERF402 - what came before an interruption is kept
            except KeyboardInterrupt:
                interrupted, failed = True, "interrupted; what it had measured stands above"
            except Exception as error:  # noqa: BLE001 - whatever it is, it is listed
                failed = f"{error}" or type(error).__name__
        outcomes.append(Outcome(name, tuple(found), failed))
        so_far(tuple(outcomes))
    return tuple(outcomes)
