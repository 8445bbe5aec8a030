"""What is counted of requests, over all workers, as Prometheus reads it."""

from __future__ import annotations

from bisect import bisect_left
from mmap import mmap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUTES = {
    "recommend": "/v1/recommendations",
    "recommend_batch": "/v1/recommendations:batch",
    "similar": "/v1/items/{id}/similar",
    "search": "/v1/items",
    "add_interactions": "/v1/interactions",
    "add_item": "/v1/items",
    "add_user": "/v1/users",
    "delete_interaction": "/v1/interactions/{id}",
    "delete_user": "/v1/users/{id}",
    "delete_item": "/v1/items/{id}",
    "set_availability": "/v1/items/{id}/availability",
    "model": "/v1/model",
    "reload": "/v1/model:reload",
    "healthz": "/healthz",
    "readyz": "/readyz",
    "metrics": "/metrics",
    "": "none",
}
"""By the name of what answers them; the last is where nothing does."""

STATUSES = (200, 201, 400, 401, 404, 405, 408, 409, 413, 415, 422, 500, 503, 0)
"""Those that are told apart; 0 stands for others, and for whoever left before an answer."""

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends of the buckets of seconds; there is one more without end."""

_NAMES = {name: place for place, name in enumerate(ROUTES)}
_PLACES = {status: place for place, status in enumerate(STATUSES)}
_WIDTH = len(STATUSES) + len(BOUNDS) + 2  # statuses, buckets, sum of seconds
_EVENTS = len(ROUTES) * _WIDTH
_SIZE = _EVENTS + 1


class Measures:
    """Counters of several workers in memory that processes share once they are forked; each writes its own alone.

    Args:
        workers: How many.
    """

    def __init__(self, workers: int = 1) -> None:
        self._all = memoryview(mmap(-1, workers * _SIZE * 8)).cast("d")
        self._workers = workers
        self.become(0)

    def become(self, worker: int) -> None:
        """Write as this worker from now on."""
        self._own = self._all[worker * _SIZE : (worker + 1) * _SIZE]

    def count(self, route: str, status: int, seconds: float) -> None:
        """A request was answered.

        Args:
            route: The name of what answered.
            status: 0 where nobody was there any more.
            seconds: How long it took.
        """
        start = _NAMES.get(route, len(ROUTES) - 1) * _WIDTH
        own = self._own
        own[start + _PLACES.get(status, len(STATUSES) - 1)] += 1
        own[start + len(STATUSES) + bisect_left(BOUNDS, seconds)] += 1
        own[start + _WIDTH - 1] += seconds

    def count_events(self, number: int) -> None:
        """Interactions were kept."""
        self._own[_EVENTS] += number

    def text(self, last: int, refreshed: int) -> str:
        """All workers' together, in Prometheus' text format.

        Args:
            last: The number of the store's last change.
            refreshed: The number of the last change that item embeddings know of.
        """
        totals = [sum(self._all[place::_SIZE]) for place in range(_SIZE)]
        return "\n".join([*_requests(totals), *_seconds(totals), *_state(totals[_EVENTS], last, refreshed)]) + "\n"


def _requests(totals: list[float]) -> Iterator[str]:
    yield "# HELP gnnrec_requests_total Requests by what answered them and how."
    yield "# TYPE gnnrec_requests_total counter"
    for name, place in _NAMES.items():
        for status, within in _PLACES.items():
            if number := totals[place * _WIDTH + within]:
                yield f'gnnrec_requests_total{{{_labels(name)},status="{status or "other"}"}} {number:.0f}'


def _seconds(totals: list[float]) -> Iterator[str]:
    yield "# HELP gnnrec_request_seconds How long requests took."
    yield "# TYPE gnnrec_request_seconds histogram"
    for name, place in _NAMES.items():
        start = place * _WIDTH + len(STATUSES)
        count = 0.0
        if not any(totals[start : start + len(BOUNDS) + 1]):
            continue
        for bound, number in zip((*BOUNDS, "+Inf"), totals[start : start + len(BOUNDS) + 1], strict=True):
            count += number
            yield f'gnnrec_request_seconds_bucket{{{_labels(name)},le="{bound}"}} {count:.0f}'
        yield f"gnnrec_request_seconds_sum{{{_labels(name)}}} {totals[start + len(BOUNDS) + 1]:.6f}"
        yield f"gnnrec_request_seconds_count{{{_labels(name)}}} {count:.0f}"


def _state(events: float, last: int, refreshed: int) -> Iterator[str]:
    for name, kind, about, value in (
        ("events_total", "counter", "Interactions that were kept since the server started.", events),
        ("last_change", "gauge", "The number of the store's last change.", last),
        ("refreshed_change", "gauge", "The last change that item embeddings know of.", refreshed),
    ):
        yield f"# HELP gnnrec_{name} {about}"
        yield f"# TYPE gnnrec_{name} {kind}"
        yield f"gnnrec_{name} {value:.0f}"


def _labels(name: str) -> str:
    return f'operation="{name or "none"}",route="{ROUTES[name]}"'
