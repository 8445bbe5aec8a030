"""The API under whatever its OpenAPI allows, and does not: schemathesis has the ideas."""

from __future__ import annotations

import json
import resource
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import requests
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from served_fakes import numbers

from gnnrec.serving.app import build_app
from gnnrec.serving.measures import Measures

if TYPE_CHECKING:
    from collections.abc import Iterator

schemathesis = pytest.importorskip("schemathesis")

SECONDS = 20
EXAMPLES = 20
MEGABYTE = 1024


@pytest.fixture
def url() -> Iterator[str]:
    """A server over a recommender and a store in memory."""
    served = numbers()
    config = uvicorn.Config(build_app(served, served.live().store, Measures()), log_config=None, ws="none")
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    running = threading.Thread(target=server.run, args=([listener],))
    running.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    running.join()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_whatever_is_sent_the_server_does_not_fail(url: str) -> None:
    from schemathesis import GenerationMode

    schema = schemathesis.openapi.from_dict(requests.get(f"{url}/openapi.json", timeout=30).json())
    ways = [
        operation.ok().as_strategy(generation_mode=mode)
        for operation in schema.get_all_operations()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    ]
    assert len(ways) >= 2 * 15
    before, ends, sent = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic() + SECONDS, 0

    def send(case: Any) -> None:
        nonlocal sent
        sent += 1
        answer = case.call(base_url=url, timeout=30)
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        if answer.status_code >= 400:
            assert json.loads(answer.text)["status"] == answer.status_code

    limits = settings(max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=[*HealthCheck])
    for way in ways:
        if time.monotonic() < ends:
            with suppress(Unsatisfiable):  # there is nothing wrong to be said to a route that is told nothing
                limits(given(way)(send))()
    assert sent > EXAMPLES
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500 * MEGABYTE
