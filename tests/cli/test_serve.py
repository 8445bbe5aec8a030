from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from toys import movielens_like, small_recipe

from gnnrec import pipeline
from gnnrec.errors import UsageError
from gnnrec.serving.server import listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]

TOKEN = "a token of twenty-five"  # noqa: S105 - a test's own


def said(url: str, body: Any = None, **headers: str) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"content-type": "application/json", **headers})  # noqa: S310 - of this machine
    with urlopen(request, timeout=60) as answer:  # noqa: S310 - likewise
        return json.load(answer)


@contextmanager
def served(folder: Path, *options: str, **variables: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server in a process of its own, at a free port: its URL and the process."""
    command = [sys.executable, "-m", "gnnrec", "serve", "now", "--port", "0", *options]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            command, cwd=folder, env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:"), (folder / "log").read_text()
            yield url, process
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs over users 1 to 8 and items 101 to 116, and a link, `now`, to the first."""
    folder = tmp_path_factory.mktemp("serve")
    data = movielens_like(folder / "data")
    for name in ("first", "second"):
        run = pipeline.run(small_recipe(data, trainer__epochs=2), out=folder / "runs").directory
        run.rename(folder / name)
    (folder / "now").symlink_to("first")
    return folder


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--host", "0.0.0.0"],  # noqa: S104 - it is refused
            "0.0.0.0 is reached from beyond this machine: give a token, in the variable GNNREC_TOKEN or with --token\n",
        ),
        (
            ["--token", "short"],
            "a token has at least 16 plain characters, such as Python's secrets.token_urlsafe() gives\n",
        ),
        ([], "there is no run in nowhere\n"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(gnnrec: Command, options: list[str], message: str) -> None:
    done = gnnrec("serve", "nowhere", *options)
    assert (done.returncode, done.stderr.splitlines(keepends=True)[-1]) == (2 if options else 1, message)


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as refused:
            listening("127.0.0.1", port)
    assert str(refused.value) == (
        f"cannot listen at 127.0.0.1, port {port}: Address already in use; choose another with --host or --port"
    )


@pytest.mark.slow
def test_two_workers_agree_take_over_a_run_and_stop_when_told(folder: Path) -> None:
    with served(folder, "--workers", "2", GNNREC_TOKEN=TOKEN) as (url, process):
        bearer = {"authorization": f"Bearer {TOKEN}"}
        with pytest.raises(HTTPError, match="401"):
            said(f"{url}/v1/model")
        told = said(f"{url}/v1/interactions", {"interactions": [{"user": 900, "item": 101, "id": "e1"}]}, **bearer)
        assert told == {"upto": 1, "counted": 1, "repeated": 0}
        answers = [said(f"{url}/v1/recommendations", {"user": 900, "k": 3}, **bearer) for _ in range(20)]
        assert [each for each in answers if each != answers[0]] == []
        assert (answers[0]["upto"], len(answers[0]["items"])) == (1, 3)
        assert said(f"{url}/v1/model:reload", {"run": "second"}, **bearer)["run"] == "second"
        time.sleep(2)
        assert {said(f"{url}/v1/model", **bearer)["run"] for _ in range(20)} == {"second"}
        process.send_signal(signal.SIGHUP)
        time.sleep(2)
        assert {said(f"{url}/v1/model", **bearer)["run"] for _ in range(20)} == {"first"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_requests_in_flight_are_answered_before_the_end(folder: Path, number: int) -> None:
    with served(folder) as (url, process):
        answers: list[int] = []

        def ask() -> None:
            asks = [{"history": [101, 102], "k": 10, "reasons": True}] * 100
            answers.append(len(said(f"{url}/v1/recommendations:batch", {"asks": asks})["answers"]))

        asking = [threading.Thread(target=ask) for _ in range(4)]
        for each in asking:
            each.start()
        time.sleep(0.2)
        process.send_signal(number)
        for each in asking:
            each.join()
        assert answers == [100] * 4
        assert process.wait(60) == 0
