"""What several tests share: a toy recipe over the toy plugin, files, plugins made on the spot, and the command line."""

from __future__ import annotations

import logging
import os
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine
from hypothesis import settings

from gnnrec.plugin.registry import Registry

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Generator, Iterator

# The same examples on every machine, however slow it is.
settings.register_profile("gnnrec", deadline=None, database=None, derandomize=True, max_examples=40)
settings.load_profile("gnnrec")

NEEDS_A_GPU = "GPU"
"""What the reason of a skip says that is allowed where CI is set."""

TOY = """\
name: toy
dataset: {name: toy}
features:
  item:
    - name: ones
      width: 2
    - name: ones
split:
  name: halves
  val: 0.2
graph: {name: plain}
negatives: {name: uniform}
encoder:
  name: mean
  channels: 8
  layers: 3
decoder: {name: inner}
loss: {name: hinge}
trainer:
  name: steps
  epochs: 5
  rate: 1e-3
"""

HEADER = """\
from __future__ import annotations
from typing import TYPE_CHECKING, Literal
from gnnrec import Decoder, Encoder, hookimpl
"""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let no test be skipped where CI is set, but for want of a GPU: what nobody looks at there, nobody looks at."""
    report = yield
    unexcused = report.skipped and not hasattr(report, "wasxfail") and NEEDS_A_GPU not in str(report.longrepr)
    if os.environ.get("CI") and unexcused:
        report.outcome, report.longrepr = "failed", f"skipped where CI is set: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def toy_registry() -> Registry:
    """The components of the toy plugin and no others."""
    return Registry([EntryPoint("toy", "toy_plugin", "gnnrec")])


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write text to a file below tmp_path."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def toy_text() -> str:
    """The toy recipe as text."""
    return TOY


@pytest.fixture
def toy(write: Callable[[str, str], Path]) -> Path:
    """The toy recipe as a file."""
    return write("toy.yaml", TOY)


@pytest.fixture
def plugin(
    write: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, str], EntryPoint]]:
    """Write a plugin module and give the entry point that a distribution would declare for it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    written = []

    def plugin(name: str, text: str) -> EntryPoint:
        write(f"{name}.py", HEADER + dedent(text))
        written.append(name)
        return EntryPoint(name, name, "gnnrec")

    yield plugin
    for name in written:
        sys.modules.pop(name, None)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.LogCaptureFixture]:
    """What gnnrec warns of, each thing once, whatever the command line did to the log before."""
    logger = logging.getLogger("gnnrec")
    monkeypatch.setattr(logger, "handlers", [caplog.handler])
    monkeypatch.setattr(logger, "propagate", False)
    level = logger.level
    logger.setLevel(logging.WARNING)
    yield caplog
    logger.setLevel(level)


@pytest.fixture(scope="session")
def command_line() -> Iterator[CommandLine]:
    """What commands are forked from."""
    started = CommandLine()
    yield started
    started.close()


@pytest.fixture
def gnnrec(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, command_line: CommandLine
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in a process of its own, in tmp_path, where modules and distributions are found as well."""
    cache = str(tmp_path_factory.getbasetemp() / "cache")

    def gnnrec(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(tmp_path), str(Path(__file__).parent / "support")])
        ours = {"PYTHONPATH": path, "NO_COLOR": "1", "COLUMNS": "200", "XDG_CACHE_HOME": cache}
        return command_line.run(arguments, tmp_path, os.environ | ours | environment)

    return gnnrec


@pytest.fixture
def install(write: Callable[[str, str], Path]) -> Callable[[str, str], None]:
    """Make a distribution with one plugin known to the `gnnrec` fixture; its module is written by the test."""

    def install(distribution: str, entry_point: str) -> None:
        folder = f"{distribution}-1.0.dist-info"
        write(f"{folder}/METADATA", f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        write(f"{folder}/entry_points.txt", f"[gnnrec]\n{entry_point}\n")

    return install
