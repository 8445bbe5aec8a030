from __future__ import annotations

import hashlib
import importlib
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from gnnrec.plugin.files import module_of, plugin_files, sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

    Write = Callable[[str, str], Path]
    Import = Callable[[Path, str], ModuleType]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Import]:
    """Import a module from a folder, and forget it afterwards."""
    before = set(sys.modules)

    def load(folder: Path, name: str) -> ModuleType:
        monkeypatch.syspath_prepend(str(folder))
        return importlib.import_module(name)

    yield load
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_single_module_has_its_file_and_what_it_imports_from_beside_it(write: Write, load: Import) -> None:
    first = write("pf_first.py", "import json\nimport pf_second.more\ndef f():\n    from pf_third import x\n")
    package = [write("pf_second/__init__.py", ""), write("pf_second/more.py", "")]
    third = write("pf_third.py", "import pf_first, not_here\n")
    write("pf_fourth.py", "import pf_first\n")
    write("json.py", "shadowed = True\n")
    files = plugin_files(load(first.parent, "pf_first"))
    assert files == tuple(sorted([first, *package, third, first.with_name("json.py")]))


def test_among_everybodys_modules_a_single_one_has_its_file_alone(write: Write, load: Import) -> None:
    first = write("site-packages/pf_first.py", "import pf_second\n")
    write("site-packages/pf_second.py", "")
    assert plugin_files(load(first.parent, "pf_first")) == (first,)


def test_a_package_has_all_its_files_whichever_of_its_modules_is_the_plugin(write: Write, load: Import) -> None:
    files = [write(f"pf_package/{name}.py", "") for name in ("__init__", "a", "deep/b")]
    write("pf_package/data.txt", "")
    assert plugin_files(load(files[0].parents[1], "pf_package.a")) == tuple(sorted(files))


def test_a_file_that_cannot_be_parsed_counts_by_itself(write: Write, load: Import) -> None:
    first = write("pf_first.py", "try:\n    import pf_second\nexcept SyntaxError:\n    pass\n")
    second = write("pf_second.py", "import (")
    assert plugin_files(load(first.parent, "pf_first")) == (first, second)
    assert sha256_of((first, second)) == hashlib.sha256(first.read_bytes() + second.read_bytes()).hexdigest()


def test_the_module_of_a_plugin_is_the_plugin_or_what_defines_it() -> None:
    class Plugin: ...

    assert module_of(sys) is sys
    assert module_of(Plugin()) is sys.modules[__name__]
    assert module_of(SimpleNamespace(__name__="sys")) is sys.modules["types"]
