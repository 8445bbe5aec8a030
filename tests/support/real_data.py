"""Where data are at hand and where not; a pytest plugin for the test files that name it in `pytest_plugins`."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest
from movielens_releases import NOWHERE, change

from gnnrec_datasets import movielens_load


@pytest.fixture(scope="session")
def movielens_folder() -> Path:
    """The folder that $GNNREC_DATA names, if MovieLens latest-small is in it; the test is skipped otherwise."""
    folder = os.environ.get("GNNREC_DATA")
    if not folder or not (Path(folder) / "ml-latest-small.zip").is_file():
        pytest.skip("$GNNREC_DATA names no folder with ml-latest-small.zip")
    return Path(folder)


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No data at hand, no host and no package index that answers; gives the place of the empty cache."""
    monkeypatch.delenv("GNNREC_DATA", raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: str(tmp_path / "caches" / name))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(movielens_load, "RELEASES", dict(movielens_load.RELEASES))
    for variant in movielens_load.RELEASES:
        change(variant, url=f"{NOWHERE}/{movielens_load.RELEASES[variant].forms[0][0].name}")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return tmp_path / "caches" / "gnnrec"
