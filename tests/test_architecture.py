"""The rooms of gnnrec are those that CONTRIBUTING.md lists, and nobody enters one by a side door."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "gnnrec"
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LAYERS = next(
    contract["layers"]
    for contract in SETTINGS["tool"]["importlinter"]["contracts"]
    if contract.get("containers") == ["gnnrec"]
)


def imports() -> Iterator[tuple[Path, str, str]]:
    """Each name that a file of the project takes from a module: the file, the module and the name."""
    for folder in (PACKAGE, ROOT / "plugins"):
        for path in sorted(folder.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.ImportFrom) and node.module is not None:
                    yield from ((path, node.module, alias.name) for alias in node.names)


def test_contributing_shows_the_layers_that_the_linter_holds() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = re.search(r"^\| room \|.*?\n\n", text, re.MULTILINE | re.DOTALL)
    assert shown is not None
    rows = shown.group(0).strip().splitlines()[2:]
    assert [re.findall(r"`(\w+)`", row.split("|")[1]) for row in rows] == [layer.split(" | ") for layer in LAYERS]


def test_every_room_is_a_layer_and_the_root_holds_little_else() -> None:
    beside = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert {name for layer in LAYERS for name in layer.split(" | ")} == {*ROOMS, *beside}
    assert beside == {"pipeline", "console", "randomness", "version", "errors"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is_for_and_exports_only_what_is_used_through_it(room: str) -> None:
    tree = ast.parse((PACKAGE / room / "__init__.py").read_bytes())
    assert re.fullmatch(r"[^\n]+\.", (ast.get_docstring(tree) or "").partition("\n")[0])
    taken = {name for _, module, name in imports() if module == f"gnnrec.{room}"}
    exported = set(getattr(import_module(f"gnnrec.{room}"), "__all__", ()))
    if room != "testing":  # what it exports is for authors of plugins
        assert exported <= taken


def test_no_room_takes_names_with_an_underscore_from_another() -> None:
    private = [
        f"{path.relative_to(ROOT)}: {module}.{name}"
        for path, module, name in imports()
        if name.startswith("_") and not name.startswith("__") and module.startswith("gnnrec")
    ]
    assert private == []


def test_within_gnnrec_nobody_imports_the_names_of_its_front() -> None:
    assert [
        path
        for path, module, name in imports()
        if PACKAGE in path.parents
        and module == "gnnrec"
        and not (PACKAGE / name).is_dir()
        and not (PACKAGE / f"{name}.py").is_file()
    ] == []


def test_each_folder_of_tests_is_a_room_a_plugin_package_or_what_they_share() -> None:
    packages = {path.parent.name for path in (ROOT / "plugins").glob("*/__init__.py")}
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/*.py")}
    assert folders <= {*ROOMS, *packages, "support"}
    assert set(ROOMS) <= folders
