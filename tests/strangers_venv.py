"""A virtual environment outside the checkout with gnnrec's wheel in it, as a stranger has it; a pytest plugin."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]

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
        seconds: What making the environment and installing into it took.
    """

    home: Path
    bin: Path
    environment: Mapping[str, str]
    seconds: float

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
        """Install with pip, in the versions that were tested."""
        self.run("python", "-m", "pip", "install", "--quiet", "-c", CONSTRAINTS, *what)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with gnnrec's wheel, built from the checkout and no other way."""
    folder = tmp_path_factory.mktemp("built")
    build("--wheel", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="session")
def stranger(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """The environment, shared by all tests; whoever installs more into it takes it out again."""
    folder = tmp_path_factory.mktemp("stranger")
    home, venv = folder / "home", folder / "venv"
    home.mkdir()
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "venv", venv], env=without_ours(), check=True)
    programs = venv / ("Scripts" if os.name == "nt" else "bin")
    environment = without_ours() | {
        "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
        "NO_COLOR": "1",
        "COLUMNS": "200",
    }
    stranger = Stranger(home, programs, environment, 0.0)
    stranger.install("torch")  # first, by its pinned version, as in the Makefile
    stranger.install(wheel_in(built), "pytest")
    return Stranger(home, programs, environment, time.perf_counter() - start)


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
