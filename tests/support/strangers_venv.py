"""A virtual environment outside the checkout with gnnrec's wheel in it, as a stranger has it; a pytest plugin."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from strangers import ROOT, Stranger, build, wheel_in, without_ours

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with gnnrec's wheel, built from the checkout and no other way."""
    folder = tmp_path_factory.mktemp("built")
    build("--wheel", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="session")
def stranger(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stranger]:
    """The environment, shared by all tests; whoever installs more into it takes it out again."""
    folder = tmp_path_factory.mktemp("stranger")
    home, venv = folder / "home", folder / "venv"
    home.mkdir()
    subprocess.run([sys.executable, "-m", "venv", venv], env=without_ours(), check=True)
    programs = venv / ("Scripts" if os.name == "nt" else "bin")
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    stranger = Stranger(home, programs, without_ours() | {"PATH": path, "NO_COLOR": "1", "COLUMNS": "200"})
    stranger.install("torch")  # first, by its pinned version, as in the Makefile
    stranger.install(wheel_in(built), "pytest")
    yield stranger
    shutil.rmtree(folder)  # pytest would keep more than a gigabyte of it for three sessions
