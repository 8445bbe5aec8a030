"""Commands that the documents show, held against the real command line and the installed components."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnnrec.recipe.load import load_component, load_recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gnnrec.plugin.registry import Registry

PROGRAMS = {"gnnrec", "make", "pip", "pytest", "python", "python3", ".", "tensorboard"}

MADE_BY_A_COMMAND = ("my-gat/",)
"""Where files begin that no document shows, because a command of gnnrec writes them."""


def commands(code: str) -> Iterator[list[str]]:
    """The commands of a block, as words; comments, continued lines and settings of variables are taken away."""
    for line in code.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while words:
            end = words.index("&&") if "&&" in words else len(words)
            command, words = words[:end], words[end + 1 :]
            while re.match(r"[A-Z_]+=", command[0]):
                command = command[1:]
            yield command


@dataclass(frozen=True)
class CommandLine:
    """What commands are held against.

    Attributes:
        group: The application, as click sees it.
        registry: The components that recipes may name.
    """

    group: Any
    registry: Registry

    def check(self, words: list[str]) -> None:
        """Read a command without carrying it out; recipes and assignments in it are checked, files have to be there.

        Raises:
            Exception: Of click or of gnnrec, as the command would end in.
            AssertionError: Nobody knows the program.
        """
        assert words[0] in PROGRAMS, f"{words[0]} is not among the programs that documents call"
        if words[0] != "gnnrec":
            return
        while words[1] == "-p":
            assert Path(words[2]).is_file(), f"no document shows {words[2]}"
            words = ["gnnrec", *words[3:]]
        name, given = self._read(words[1:])
        self._check_components(name, given)

    def _read(self, arguments: list[str]) -> tuple[str, dict[str, Any]]:
        """The command's name and its arguments by parameter."""
        command, context = self.group, self.group.make_context("gnnrec", arguments)
        name = "gnnrec"
        while hasattr(command, "commands"):
            rest = [*context._protected_args, *context.args]
            said, command, rest = command.resolve_command(context, rest)
            name, context = f"{name} {said}", command.make_context(said, rest, parent=context)
        return name, context.params

    def _check_components(self, name: str, given: dict[str, Any]) -> None:
        assignments = given.get("assignments") or ()
        if name.startswith("gnnrec data ") and "name" in given:
            load_component("dataset", given["name"], assignments)
        elif name in {"gnnrec show", "gnnrec list"} and given["kind"]:
            known = self.registry.components(given["kind"])
            assert given.get("name") is None or given["name"] in known, f"there is no {given['kind']} {given['name']}"
        elif name == "gnnrec evaluate":
            load_recipe("movielens_sage", assignments, registry=self.registry)
        for key in ("recipe", "recipes", "targets"):
            value = given.get(key) or ()
            for recipe in (value,) if isinstance(value, str) else value:
                if key == "recipe" and name == "gnnrec runs":
                    continue
                if not recipe.startswith(MADE_BY_A_COMMAND):
                    load_recipe(recipe, assignments, registry=self.registry)
