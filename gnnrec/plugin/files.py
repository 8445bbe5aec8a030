"""The Python files that a plugin is made of: what is hashed, and whose error it is."""

from __future__ import annotations

import ast
import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

PACKAGES = "-packages"
"""How folders end that hold everybody's modules: `site-packages`, `dist-packages`."""


def module_of(plugin: object) -> ModuleType | None:
    """The module of a plugin, which may be the plugin itself or define it."""
    name = getattr(plugin, "__name__", None)
    module = sys.modules.get(name) if isinstance(name, str) else None
    return module if module is plugin else sys.modules.get(getattr(type(plugin), "__module__", ""))


def plugin_files(module: ModuleType) -> tuple[Path, ...]:
    """All Python files of a module's package; of a single module its file, and those beside it that it imports.

    A module in a zip file has that file.
    """
    if archive := getattr(module.__loader__, "archive", None):
        return (Path(archive),)
    package = sys.modules.get(module.__name__.partition(".")[0], module)
    return files_of(getattr(package, "__path__", ()), getattr(module, "__file__", None))


def files_of(folders: Iterable[str], file: str | None) -> tuple[Path, ...]:
    """The same of what may not be imported: the folders of a package, or the file of a single module."""
    if found := [Path(folder) for folder in folders]:
        return tuple(path for folder in found for path in sorted(folder.rglob("*.py")))
    return tuple(sorted(_with_imported(Path(file)))) if file is not None else ()


def sha256_of(files: Iterable[Path]) -> str:
    """A hash over the content of files, in their order."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _with_imported(file: Path) -> set[Path]:
    """A file and, in turn, the files and packages beside it that it imports anywhere."""
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        if not file.parent.name.endswith(PACKAGES):  # everybody's modules lie beside it there
            for name in _imported(path):
                beside, package = file.parent / f"{name}.py", file.parent / name
                waiting += [beside] if beside.is_file() else package.rglob("*.py")
    return found


def _imported(file: Path) -> Iterator[str]:
    """The top-level modules that a file names in its imports, wherever they stand."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and not node.level:
            yield node.module.partition(".")[0]
