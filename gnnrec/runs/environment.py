"""What a run's result depends on besides its recipe: versions, plugins, device, commit."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gnnrec.plugin.registry import Registry

LIBRARIES = (
    "gnnrec",
    "torch",
    "torch_geometric",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "pluggy",
)


ORIGIN = ("name", "distribution", "version", "given", "sha256")
"""What is stored of a plugin, as far as there is something to store."""


def describe_environment(registry: Registry) -> dict[str, Any]:
    """Versions of Python and libraries, the plugins that loaded, and the git commit of the working folder."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: version(name) for name in LIBRARIES},
        "plugins": [
            {each: getattr(plugin, each) for each in ORIGIN if getattr(plugin, each)}
            for plugin in registry.plugins
            if plugin.state == "loaded"
        ],
        "git_commit": git_commit(),
        "command": sys.argv,
    }


def version(distribution: str) -> str | None:
    """The installed version of a distribution, or None."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def git_commit() -> str | None:
    """The commit of the working folder, with `-dirty` where files differ from it; None outside git."""
    try:
        answer = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty"],  # noqa: S607 - whichever git the user has
            cwd=Path.cwd(),
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None
