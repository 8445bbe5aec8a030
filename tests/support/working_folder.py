"""An empty working folder; a pytest plugin for the test files that name it in `pytest_plugins`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test runs in it, so that paths can be relative."""
    working = tmp_path / "working"
    working.mkdir()
    monkeypatch.chdir(working)
    return working
