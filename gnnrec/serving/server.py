"""A server of one or several processes: started, told to take over runs, and stopped when all requests are answered."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnnrec.errors import GnnrecError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from gnnrec.serving.limits import Limits
    from gnnrec.serving.measures import Measures
    from gnnrec.serving.takeover import Announced, RunTakeover

TICK = 0.25
"""Seconds between two looks at what others did: workers agree after a few of them."""

LEAST_LIFE = 5.0
"""Seconds that a worker lives at least; one that ends before is not begun anew."""

GRACE = 30
"""Seconds in which requests are answered that came before the end."""

logger = logging.getLogger("gnnrec")


@dataclass(frozen=True)
class Asked:
    """How a server is to be.

    Attributes:
        run: The run as it was named.
        store: The URL of the store.
        refresh: Seconds between two refreshes of item embeddings; 0 for none.
        token: What requests bear; None for nothing.
        limits: What it takes on.
    """

    run: Path
    store: str
    refresh: float
    token: str | None
    limits: Limits


def require_serving() -> None:
    """See that what a server is made of is there.

    Raises:
        UsageError: It is not; the message says how to install it.
    """
    try:
        import fastapi
        import sqlalchemy
        import uvicorn
    except ImportError as error:
        raise UsageError(f"to serve takes {error.name}, which is not installed: pip install 'gnnrec[serve]'") from None
    del fastapi, sqlalchemy, uvicorn


def listening(host: str, port: int) -> socket.socket:
    """A socket that connections come in by.

    Raises:
        UsageError: Another process has the port, or this machine has no such address.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with ExitStack() as undone:
            listener = undone.enter_context(socket.socket(family, kind, protocol))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(2048)
            undone.pop_all()
    except (OSError, OverflowError, UnicodeError) as error:
        told = getattr(error, "strerror", None) or error
        raise UsageError(
            f"cannot listen at {host}, port {port}: {told}; choose another with --host or --port"
        ) from None
    return listener


def serve(asked: Asked, listener: socket.socket, workers: int, started: Callable[[], None]) -> None:
    """Answer until the process is told to stop, by SIGINT or SIGTERM.

    Args:
        asked: How it is to be.
        listener: What connections come in by.
        workers: How many processes answer.
        started: Called when the first of them does.

    Raises:
        GnnrecError: The run or the store cannot be used, or a worker ended by itself.
    """
    from gnnrec.serving.measures import Measures
    from gnnrec.serving.takeover import Announced

    announced, measures = Announced(), Measures(workers)
    if workers == 1:
        signal.signal(signal.SIGHUP, lambda *_: announced.tell(asked.run.resolve()))
        _work(asked, listener, measures, announced, 0, started)
        return
    _Workers(asked, listener, measures, announced, workers).go(started)


def _work(
    asked: Asked,
    listener: socket.socket,
    measures: Measures,
    announced: Announced,
    worker: int,
    started: Callable[[], None],
) -> None:
    """Be one worker, until told to stop."""
    import uvicorn

    from gnnrec.runs.saved import load_run
    from gnnrec.serving.app import build_app
    from gnnrec.serving.takeover import RunTakeover, open_store

    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises them again when it has stopped
        signal.signal(number, lambda which, _: stopped.append(which))
    measures.become(worker)
    run = load_run(asked.run.resolve())
    store = open_store(asked.store, run)
    try:
        takeover = RunTakeover(asked.run, run, store, announced)
        if stopped:
            return
        app = build_app(takeover, store, measures, token=asked.token, limits=asked.limits)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            limit_concurrency=4 * asked.limits.in_flight,
            timeout_graceful_shutdown=GRACE,
        )
        server = uvicorn.Server(config)
        ended = threading.Event()
        following = threading.Thread(
            target=_follow, args=(takeover, asked.refresh if worker == 0 else 0, ended), name="follow", daemon=True
        )
        following.start()
        started()
        server.run([listener])
        ended.set()
        following.join()
    finally:
        store.close()


def _follow(takeover: RunTakeover, refresh: float, ended: threading.Event) -> None:
    """Take over what other workers did, and refresh item embeddings now and then."""
    due = time.monotonic() + refresh
    while not ended.wait(TICK):
        try:
            takeover.follow()
            takeover.live().catch_up()
            if refresh and time.monotonic() >= due:
                due = time.monotonic() + refresh
                takeover.live().refresh()
        except GnnrecError as error:
            logger.warning("%s", error)
        except Exception:
            logger.exception("what came since is not taken over")


class _Workers:
    """Processes that answer at one socket; one that dies is begun anew."""

    def __init__(
        self, asked: Asked, listener: socket.socket, measures: Measures, announced: Announced, workers: int
    ) -> None:
        if "fork" not in multiprocessing.get_all_start_methods():
            raise UsageError("several workers take an operating system that forks; leave out --workers here")
        self._context = multiprocessing.get_context("fork")
        self._arguments = (asked, listener, measures, announced)
        self._all: list[BaseProcess] = []
        self._begun: list[float] = []
        self._number = workers
        self._stopping = threading.Event()

    def go(self, started: Callable[[], None]) -> None:
        """Begin them, the first alone: what is wrong with the run is said once."""
        asked, listener, _, announced = self._arguments
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stopping.set())
        signal.signal(signal.SIGHUP, lambda *_: announced.tell(asked.run.resolve()))
        try:
            for worker in range(self._number):
                if not self._stopping.is_set():
                    self._all.append(self._begin(worker))
                    self._begun.append(time.monotonic())
            if not self._stopping.is_set():
                started()
            while not self._stopping.wait(TICK):
                self._mend()
        finally:
            listener.close()
            self._stop()

    def _begin(self, worker: int) -> BaseProcess:
        """Begin a worker, and wait until it answers."""
        ready, told = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_worker, args=(*self._arguments, worker, told), name=f"worker {worker}")
        process.start()
        told.close()
        try:
            fault = ready.recv()
        except EOFError:
            fault = "it ended before it answered"
        if fault is not None and not self._stopping.is_set():
            process.join()
            raise GnnrecError(fault)
        return process

    def _mend(self) -> None:
        for worker, process in enumerate(self._all):
            if process.exitcode is None:
                continue
            if time.monotonic() - self._begun[worker] < LEAST_LIFE:
                raise GnnrecError(f"worker {worker} ended with status {process.exitcode}; the log says more")
            logger.warning("worker %d ended with status %d; another takes its place", worker, process.exitcode)
            self._all[worker] = self._begin(worker)
            self._begun[worker] = time.monotonic()

    def _stop(self) -> None:
        for process in self._all:
            with suppress(ProcessLookupError):
                process.terminate()
        for process in self._all:
            process.join(GRACE + 5)
            if process.exitcode is None:
                process.kill()


def _worker(
    asked: Asked, listener: socket.socket, measures: Measures, announced: Announced, worker: int, told: Any
) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # whoever began the workers tells them
    parent = os.getppid()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        _work(asked, listener, measures, announced, worker, lambda: told.send(None))
    except GnnrecError as error:
        told.send(str(error))


def _end_with(parent: int) -> None:
    """Stop when the process that began this one is killed."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
