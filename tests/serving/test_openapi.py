"""The API under whatever its OpenAPI allows, and does not: schemathesis has the ideas."""

from __future__ import annotations

import json
import resource
import time
from itertools import cycle

import pytest
from served_fakes import numbers
from starlette.testclient import TestClient

from gnnrec.serving.app import build_app
from gnnrec.serving.measures import Measures

schemathesis = pytest.importorskip("schemathesis")

SECONDS = 60
MEGABYTE = 1024


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_whatever_is_sent_the_server_does_not_fail() -> None:
    from schemathesis import GenerationMode

    served = numbers()
    client = TestClient(build_app(served, served.live().store, Measures()), raise_server_exceptions=False)
    schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    ways = [
        operation.ok().as_strategy(generation_mode=mode)
        for operation in schema.get_all_operations()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    ]
    assert len(ways) >= 2 * 15
    before, ends, sent = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic() + SECONDS, 0
    for way in cycle(ways):
        case = way.example()
        answer = case.call(session=client, base_url="http://testserver")
        sent += 1
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        if answer.status_code >= 400:
            assert json.loads(answer.text)["status"] == answer.status_code
        if time.monotonic() > ends:
            break
    assert sent > 15
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500 * MEGABYTE
