"""Somebody who installs what this project builds, and what they do; `strangers_venv` makes their environment."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]

CONSTRAINTS = ROOT / "constraints.txt"

OURS = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "GNNREC_DISABLE_PLUGINS", "GNNREC_TRACK"}
"""What a stranger's shell does not have. Everything else stays: proxies, certificates, where pip finds packages."""


@dataclass(frozen=True)
class Stranger:
    """Somebody who has installed gnnrec, and knows nothing of the checkout.

    Attributes:
        home: An empty folder, in which commands run.
        bin: The programs of their virtual environment, which has gnnrec, pytest and what these need.
        environment: Variables of their shell.
    """

    home: Path
    bin: Path
    environment: Mapping[str, str]

    def run(self, program: str, *arguments: str | Path, fails: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment; it has to succeed, or to fail where `fails` says so."""
        done = subprocess.run(
            [self.bin / program, *arguments],
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert (done.returncode != 0) is fails, f"{program} exits {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def install(self, *what: str | Path) -> None:
        """Install with pip, in the versions that were tested; modules are compiled when they are first imported."""
        self.run("python", "-m", "pip", "install", "--quiet", "--no-compile", "-c", CONSTRAINTS, *what)


def build(*arguments: str | Path) -> None:
    """Run `python -m build`, which makes an environment of its own for the build."""
    command = [sys.executable, "-m", "build", *arguments]
    done = subprocess.run(command, env=without_ours(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def wheel_in(folder: Path) -> Path:
    """The one wheel in a folder."""
    (wheel,) = folder.glob("*.whl")
    return wheel


def without_ours() -> dict[str, str]:
    """The variables of this process that a stranger's shell has too."""
    return {name: value for name, value in os.environ.items() if name not in OURS}
