"""`gnnrec serve`."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated

import typer

from gnnrec.cli.use import RunArgument
from gnnrec.console import log_to_stderr, say
from gnnrec.errors import UsageError

LEAST_TOKEN = 16
"""Characters of a token that is hard to guess."""


def add_commands(app: typer.Typer) -> None:
    """Add `serve`."""
    app.command("serve")(serve_run)


def serve_run(
    run: RunArgument,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen; beyond this machine with a token only.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 takes any free one.")] = 8000,
    store: Annotated[
        str,
        typer.Option(
            "--store",
            metavar="URL",
            help="Where what came since is kept: sqlite:///FILE or postgresql://HOST/DATABASE.",
        ),
    ] = "sqlite:///live.sqlite",
    workers: Annotated[int, typer.Option("--workers", metavar="N", min=1, max=256, help="Processes that answer.")] = 1,
    refresh: Annotated[
        float,
        typer.Option(
            "--refresh",
            metavar="SECONDS",
            min=0,
            help="How often item embeddings are computed anew with all that came; 0 for never.",
        ),
    ] = 60.0,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="TEXT",
            envvar="GNNREC_TOKEN",
            show_envvar=True,
            help="What requests have to bear: Authorization: Bearer TEXT. The variable is seen by fewer.",
        ),
    ] = None,
) -> None:
    """Answer over HTTP with recommendations from a graph that grows while it answers.

    Interactions, users and items that are told to it are kept in a store and count from the next request on. Ctrl-C or
    SIGTERM stops it when the requests that came are answered; SIGHUP lets it take over what RUN is now. What it can be
    asked is in its /openapi.json.

    For example:

      gnnrec serve runs/movielens_lightgcn/20260101-120000-s0

      curl -s localhost:8000/v1/recommendations -H 'content-type: application/json' -d '{"user": 1, "k": 5}'
    """
    from gnnrec.serving.server import Asked, listening, require_serving, serve

    if not _is_loopback(host) and not token:
        raise UsageError(
            f"{host} is reached from beyond this machine: give a token, in the variable GNNREC_TOKEN or with --token"
        )
    if token is not None and not (len(token) >= LEAST_TOKEN and token.isascii() and token.isprintable()):
        raise UsageError(
            f"a token has at least {LEAST_TOKEN} plain characters, such as Python's secrets.token_urlsafe() gives"
        )
    require_serving()
    from gnnrec.runs.directory import require_finished_run
    from gnnrec.serving.limits import Limits

    require_finished_run(run)
    log_to_stderr()
    listener = listening(host, port)
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listener.getsockname()[1]}"
    serve(Asked(Path(run), store, refresh, token, Limits()), listener, workers, lambda: say(url))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
