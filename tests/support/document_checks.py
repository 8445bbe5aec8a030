"""How a block of each language is checked. All of them work in the folder that the documents' files lie in."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from documents import BLOCKS
from packaging.requirements import Requirement
from packaging.version import Version
from ruamel.yaml import YAML
from shown_commands import CommandLine, commands

import gnnrec
from gnnrec.contract.component import Component
from gnnrec.recipe.load import load_recipe, to_yaml
from gnnrec.testing import check_component

if TYPE_CHECKING:
    from types import ModuleType

    from documents import Block

    from gnnrec import Recipe
    from gnnrec.plugin.registry import Registry


def module_of(block: Block) -> ModuleType:
    """A Python block, imported from a file of its own, as whoever copies it would."""
    path = Path(block.file)
    if not path.exists():
        path.write_text(block.code, encoding="utf-8")
        importlib.invalidate_caches()
    return importlib.import_module(block.module)


def components_of(module: ModuleType) -> list[type[Component]]:
    """The component classes that a module defines."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Component) and value.__module__ == module.__name__
    ]


def check_python(block: Block) -> None:
    """Run it; hold its components against their contracts; call its tests, with each of their parameters."""
    module = module_of(block)
    for component in components_of(module):
        check_component(component())
    for name, function in vars(module).items():
        if name.startswith("test_"):
            marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "parametrize"]
            for value in marks[0].args[1] if marks else ():
                function(value)
            if not marks:
                function()


def plain(text: str) -> dict[str, Any]:
    """YAML as plain data."""
    return YAML(typ="safe", pure=True).load(text) or {}  # comments alone are no data


def is_whole(text: str) -> bool:
    """Whether YAML is a recipe, and not some sections of one."""
    return "extends" in plain(text) or {"dataset", "split"} <= set(plain(text))


def in_place(text: str, recipe: str, registry: Registry, without: str = "") -> Recipe:
    """A shipped recipe with the sections of `text` in place of its own, and of those in `without`."""
    data = load_recipe(recipe, registry=registry).to_dict()
    for name in plain(without) if without else ():
        del data[name]
    Path("in_place.yaml").write_text(to_yaml(data | plain(text)), encoding="utf-8")
    return load_recipe("in_place.yaml", registry=registry)


def check_yaml(block: Block, registry: Registry) -> None:
    """A whole recipe is validated, sections are in the place of those of movielens_sage."""
    if is_whole(block.code):
        Path(block.file).write_text(block.code, encoding="utf-8")
        load_recipe(block.file, registry=registry)
    else:
        in_place(block.code, "movielens_sage", registry)


def check_toml(block: Block) -> None:
    """It is TOML; entry points lead to what a document shows; this gnnrec is one that the plugin goes with."""
    project = tomllib.loads(block.code).get("project", {})
    shown = {each.module for each in BLOCKS if each.language == "python"}
    modules = project.get("entry-points", {}).get("gnnrec", {}).values()
    assert set(modules) <= shown, f"no document shows {set(modules) - shown}"
    for requirement in map(Requirement, project.get("dependencies", ())):
        if requirement.name == "gnnrec":
            assert Version(gnnrec.__version__) in requirement.specifier


def check_sh(block: Block, command_line: CommandLine) -> None:
    """Each command is one that there is."""
    for words in commands(block.code):
        command_line.check(words)
