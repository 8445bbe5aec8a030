"""Several processes that try settings of one study side by side."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from gnnrec.errors import TrainingError
from gnnrec.plugin.registry import installed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gnnrec.tuning.record import Record
    from gnnrec.tuning.study import Study

LOOK = 0.5
"""Seconds between looks at what they have done."""

PATIENCE = 30.0
"""Seconds that a worker has to end once it is asked to."""

THREADS = "OMP_NUM_THREADS"

logger = logging.getLogger("gnnrec")


def search_side_by_side(
    study: Study, workers: int, minutes: float | None, told: Callable[[Record], None], storage: str | None = None
) -> None:
    """Try with several processes until all is tried or time is up; what they say stands in files of the study.

    Threads are shared out: each has as many as there are cores for it, unless OMP_NUM_THREADS says otherwise.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM, which all of them are told.
        TrainingError: One of them ended otherwise than by itself.
    """
    threads = max(1, (os.cpu_count() or 1) // workers)
    environment = {THREADS: str(threads), **os.environ}
    command = [sys.executable, "-m", "gnnrec", *_plugins(), "tune", "--resume", str(study.path), "--worker"]
    command += [] if study.settings.trials is None else ["--trials", str(study.settings.trials)]
    command += [] if minutes is None else ["--minutes", str(minutes)]
    command += [] if storage is None else ["--storage", storage]
    logs = [study.path / f"worker-{number}.log" for number in range(1, workers + 1)]
    logger.info("%d workers of %s threads each", workers, environment[THREADS])
    started = [_start(command, log, environment) for log in logs]
    try:
        while any(process.poll() is None for process in started):
            time.sleep(LOOK)
            told(study.record())
    except BaseException:
        for process in started:
            process.send_signal(signal.SIGINT)
        for process in started:
            _wait(process)
        raise
    told(study.record())
    for process, log in zip(started, logs, strict=True):
        if process.returncode != 0:
            last = (log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["it said nothing"])[-1]
            raise TrainingError(f"a worker ended with status {process.returncode}: {last} ({log})")
        log.unlink(missing_ok=True)


def _plugins() -> list[str]:
    """The -p options that this command was given."""
    return [part for plugin in installed().plugins if plugin.given for part in ("-p", plugin.typed)]


def _start(command: list[str], log: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with log.open("wb") as file:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment)  # noqa: S603


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
