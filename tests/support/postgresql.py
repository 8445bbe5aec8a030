"""A PostgreSQL server of the tests' own, run as an ordinary user in a folder that goes with it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
"""Where Debian's package has them; the newest version."""

MISSING = "PostgreSQL's programs are not installed (Debian: apt-get install postgresql)"

OWNER = "gnnrec"

SECONDS = 60
"""A server that has not started by then never will."""


@contextmanager
def server() -> Iterator[str]:
    """The URL of an empty database, on a server that nobody else uses; skips the test where there are no programs."""
    if PROGRAMS is None:
        pytest.skip(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="gnnrec-pg-"))
    ordinary: dict[str, Any] = {}
    if os.geteuid() == 0:  # which PostgreSQL refuses
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        ordinary = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    data, log = folder / "data", folder / "log"
    made = ["initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run([PROGRAMS / made[0], *made[1:]], cwd=folder, stdout=subprocess.DEVNULL, check=True, **ordinary)
    with log.open("wb") as said:
        command = [PROGRAMS / "postgres", "-D", data, "-k", folder, "-h", "", "-F"]
        running = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, **ordinary)
    try:
        url = f"postgresql://{OWNER}@/postgres?host={folder}"
        _wait_for(url, running, log)
        yield url
    finally:
        running.send_signal(signal.SIGINT)  # sends its clients away
        running.wait()
        shutil.rmtree(folder)


def _wait_for(url: str, running: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + SECONDS
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if running.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"PostgreSQL did not start: {log.read_text()}") from None
            time.sleep(0.05)
        else:
            return
