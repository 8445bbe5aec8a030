"""What stands before the API: the token, how large and how many requests may be, and what is counted of them."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnnrec.serving.problems import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from gnnrec.serving.measures import Measures

OPEN = ("/healthz", "/readyz")
"""Paths that take no token and no place in the queue."""

logger = logging.getLogger("gnnrec")


@dataclass(frozen=True)
class Limits:
    """How much a server takes on.

    Attributes:
        body: Bytes of one request.
        bodies: Bytes of all requests that are being read or answered.
        in_flight: Requests that are answered at once or wait to be; one more is told to come again.
        seconds: In which a request's body has to have come.
    """

    body: int = 1_000_000
    bodies: int = 64_000_000
    in_flight: int = 256
    seconds: float = 10.0


class Gate:
    """Lets requests through to an application, each with its whole body, and counts what became of them.

    Args:
        app: What answers.
        measures: Where it is counted.
        limits: What it holds to.
        token: What a request has to bear, as `Authorization: Bearer TOKEN`; None for nothing.
    """

    def __init__(self, app: ASGIApp, measures: Measures, limits: Limits, token: str | None) -> None:
        self._app = app
        self._measures = measures
        self._limits = limits
        self._token = None if token is None else token.encode()
        self._in_flight = 0
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._let_through(scope, receive, counted)
        except Problem as problem:
            await problem.response()(scope, receive, counted)
        except Exception:
            logger.exception("a request failed: %s %s", scope["method"], scope["path"])
            if not status:
                await Problem(500, "the server's log says why", closing=True).response()(scope, receive, counted)
        finally:
            endpoint = getattr(scope.get("endpoint"), "__name__", "")
            self._measures.count(endpoint, status, time.perf_counter() - started)

    async def _let_through(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        self._require_token(scope)
        if self._in_flight >= self._limits.in_flight:
            raise Problem(
                503,
                f"expected at most {self._limits.in_flight} requests at once",
                retry_after=1,
                closing=_has_body(scope),
            )
        self._in_flight += 1
        read = 0
        try:
            if not _has_body(scope):
                await self._app(scope, receive, send)
                return
            chunks: list[bytes] = []
            async with asyncio.timeout(self._limits.seconds):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return
                    chunk = message.get("body", b"")
                    read += len(chunk)
                    self._bytes += len(chunk)
                    self._require_size(max(read, _length(scope)))
                    chunks.append(chunk)
                    more = message.get("more_body", False)
            await self._app(scope, _again(b"".join(chunks), receive), send)
        except TimeoutError:
            raise Problem(
                408, f"expected the whole request within {self._limits.seconds:g} seconds", closing=True
            ) from None
        finally:
            self._bytes -= read
            self._in_flight -= 1

    def _require_token(self, scope: Scope) -> None:
        if self._token is None:
            return
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, token = given.partition(b" ")
        if not (hmac.compare_digest(token.strip(), self._token) and scheme.lower() == b"bearer"):
            raise Problem(401, "expected the header Authorization: Bearer TOKEN", closing=_has_body(scope))

    def _require_size(self, size: int) -> None:
        if size > self._limits.body:
            raise Problem(413, f"expected a request of at most {self._limits.body} bytes, got more", closing=True)
        if self._bytes > self._limits.bodies:
            raise Problem(
                503, "the requests that are being read are as large as they may be", retry_after=1, closing=True
            )


def _has_body(scope: Scope) -> bool:
    return any(
        (name == b"content-length" and value != b"0") or name == b"transfer-encoding"
        for name, value in scope["headers"]
    )


def _length(scope: Scope) -> int:
    """What a request says of its length; 0 where it says nothing."""
    said = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(said) if said.isdigit() else 0


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read, and then whatever comes."""
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once
