"""What is imported later: not run before it is asked for, and then what it would have been."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gnnrec.cli import imported_later
from gnnrec.cli.imported_later import import_later

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    Shelf = tuple[ModuleType, list[str]]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A package whose `large` is imported later, and the list that `large` writes to when it runs."""
    (tmp_path / "shelf" / "large").mkdir(parents=True)
    (tmp_path / "shelf" / "__init__.py").write_text("ran = []\nimport shelf.large\n")
    text = "import shelf\nshelf.ran.append('large')\n__all__ = ['weight']\nweight, other = 7, 8\n"
    (tmp_path / "shelf" / "large" / "__init__.py").write_text(text)
    (tmp_path / "shelf" / "large" / "part.py").write_text("colour = 'red'\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    monkeypatch.setattr(imported_later, "LATER", frozenset({"shelf.large"}))
    import_later()
    package = importlib.import_module("shelf")
    return package, package.ran


def test_it_runs_once_and_when_something_of_it_is_asked_for(shelf: Shelf) -> None:
    package, ran = shelf
    assert ran == []
    assert package.large.weight == 7
    assert package.large.other == 8
    assert ran == ["large"]


def test_who_looks_through_all_modules_does_not_run_it(shelf: Shelf) -> None:
    package, ran = shelf
    assert inspect.getmodule(test_it_runs_once_and_when_something_of_it_is_asked_for).__name__ == __name__
    assert not hasattr(package.large, "__warningregistry__")
    assert package.large.__file__.endswith("__init__.py")
    assert ran == []


def test_a_star_brings_what_it_exports(shelf: Shelf) -> None:
    assert shelf[1] == []
    names: dict[str, object] = {}
    exec("from shelf.large import *", names)  # noqa: S102 - such an import goes nowhere else
    assert names["weight"] == 7
    assert "other" not in names


def test_a_module_inside_it_is_imported_as_ever(shelf: Shelf) -> None:
    assert importlib.import_module("shelf.large.part").colour == "red"
    assert shelf[0].large.weight == 7


def test_what_it_does_not_have_is_told_as_ever(shelf: Shelf) -> None:
    with pytest.raises(AttributeError, match=r"module 'shelf\.large' has no attribute 'length'"):
        shelf[0].large.length  # noqa: B018


@pytest.mark.slow
def test_torch_geometric_is_whole_without_its_data_sets_and_they_come_when_asked_for() -> None:
    text = """
import sys
from gnnrec.cli.imported_later import import_later
import_later()
import torch_geometric
assert "torch_geometric.datasets.karate" not in sys.modules
from torch_geometric.datasets import KarateClub
assert KarateClub()[0].num_nodes == 34
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
