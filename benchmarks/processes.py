"""Work in processes of their own: commands, and functions that shall share no memory with what came before."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gnnrec.runs.peak_memory import peak_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")

ROOT = Path(__file__).parents[1]

PROGRAM = str(Path(sys.executable).with_name("gnnrec"))


class CommandError(Exception):
    """A command failed; the message has the last line that it wrote."""


def fresh(function: Callable[..., T], *arguments: object) -> T:
    """What a function of a module gives in a process that has done nothing else.

    Raises:
        Exception: Whatever it raises.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def peak_bytes() -> int:
    """What this process has taken of memory at its peak; 0 where nothing tells."""
    return peak_memory() or 0


def output_of(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """What a command prints, run in the repository's folder; bytecode is written, as it is where gnnrec is installed.

    Raises:
        CommandError: It fails.
    """
    variables = {**os.environ, **(environment or {})}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(command, env=variables, cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603 - our own
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise CommandError(f"{' '.join(command)}: {said[-1] if said else f'ended with {done.returncode}'}")
    return done.stdout
