"""How long the phases of a run take."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Clock:
    """Wall-clock seconds of each phase."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time what is done inside; a phase that is entered again goes on."""
        started = time.perf_counter()
        yield
        self.add({name: time.perf_counter() - started})

    def add(self, seconds: Mapping[str, float]) -> None:
        """Count what was done before, or elsewhere."""
        for name, value in seconds.items():
            if name == "total":  # which is the sum
                self._started -= value
                continue
            self._seconds[name] = self._seconds.get(name, 0.0) + value

    def seconds(self) -> dict[str, float]:
        """Rounded to milliseconds, with the total so far."""
        total = time.perf_counter() - self._started
        return {name: round(value, 3) for name, value in (*self._seconds.items(), ("total", total))}
